"""Data: datasets, and loaders that make batches of them. Module 08 of the book."""

from tinytorch.data.collate import collate
from tinytorch.data.dataset import Dataset, Subset, TensorDataset, random_split
from tinytorch.data.digits import TinyDigits

__all__ = ["Dataset", "Subset", "TensorDataset", "TinyDigits", "collate", "random_split"]
