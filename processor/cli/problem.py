"""The exception that ends a command with one line instead of a traceback."""

from processor.problem import Problem

__all__ = ["Problem"]
