"""Data: datasets, and loaders that make batches of them. Module 08 of the book."""
