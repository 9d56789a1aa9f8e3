"""The functions behind the modules: pure, without parameters of their own.

Call them through this namespace, as `F.relu(x)`: module 05 patches the names here, and nowhere else.
"""
