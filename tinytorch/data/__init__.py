"""Data: datasets, and loaders that make batches of them. Module 08 of the book."""

from tinytorch.data import transforms
from tinytorch.data.cifar10 import CIFAR10
from tinytorch.data.collate import collate
from tinytorch.data.dataset import Dataset, Subset, TensorDataset, random_split
from tinytorch.data.digits import TinyDigits
from tinytorch.data.download import DownloadError
from tinytorch.data.loader import DataLoader
from tinytorch.data.mnist import MNIST
from tinytorch.data.prefetch import prefetch
from tinytorch.data.samplers import BatchSampler, RandomSampler, SequentialSampler
from tinytorch.data.talks import TinyTalks

__all__ = [
    "CIFAR10",
    "MNIST",
    "BatchSampler",
    "DataLoader",
    "Dataset",
    "DownloadError",
    "RandomSampler",
    "SequentialSampler",
    "Subset",
    "TensorDataset",
    "TinyDigits",
    "TinyTalks",
    "collate",
    "prefetch",
    "random_split",
    "transforms",
]
