"""Other ways to load a CSV, each in a process of its own; what is not installed is skipped by name."""

from benchmarks.peers.compare import peers

__all__ = ["peers"]
