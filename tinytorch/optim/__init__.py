"""Optimizers, and what goes with them: clipping and schedules. Module 06 of the book."""
