"""Benchmarks that anyone can repeat, on a stack of their own: `scripts/bench`, `scripts/bench --quick`."""
