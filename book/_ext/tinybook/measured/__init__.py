"""What the benchmarks found, as tables and a chart. The data are in book/developers/measured.

The benchmarks print these tables, and the book shows them. Both are made from the same file by the same code.
"""
