"""The core's tests take the same random examples on every run."""

from hypothesis import settings

# Derandomized and without a clock: a failure on one machine is a failure on all, and slow machines pass, too.
settings.register_profile("core", derandomize=True, deadline=None, max_examples=100, database=None)
settings.load_profile("core")
