"""Data: datasets, and loaders that make batches of them. Module 08 of the book."""

from tinytorch.data import transforms
from tinytorch.data.collate import collate
from tinytorch.data.dataset import Dataset, Subset, TensorDataset, random_split
from tinytorch.data.digits import TinyDigits
from tinytorch.data.loader import DataLoader
from tinytorch.data.prefetch import prefetch
from tinytorch.data.samplers import BatchSampler, RandomSampler, SequentialSampler

__all__ = [
    "BatchSampler",
    "DataLoader",
    "Dataset",
    "RandomSampler",
    "SequentialSampler",
    "Subset",
    "TensorDataset",
    "TinyDigits",
    "collate",
    "prefetch",
    "random_split",
    "transforms",
]
