"""Training: the loop, what it reports, and runs that can be stopped and resumed. Module 07 of the book."""
