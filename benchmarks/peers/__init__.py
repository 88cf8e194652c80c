"""Other loaders of CSV files, each in a process of its own; a loader that is not installed is skipped and named."""

from benchmarks.peers.comparison import peers

__all__ = ["peers"]
