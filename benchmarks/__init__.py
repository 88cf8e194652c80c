"""Benchmarks that anyone can repeat on a temporary stack: `scripts/bench`, `scripts/bench --quick`."""
