"""The tests of data take the same random examples on every run, and take their time."""

from hypothesis import settings

settings.register_profile("data", derandomize=True, deadline=None, max_examples=100, database=None)
settings.load_profile("data")
