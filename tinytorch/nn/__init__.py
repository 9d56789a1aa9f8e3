"""Neural networks: modules, and the functions behind them."""
