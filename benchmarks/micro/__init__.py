"""Benchmarks of single steps without a stack: `python -m benchmarks.micro.records`."""
