"""Benchmarks that anyone can repeat: `scripts/bench latency`, `scripts/bench memory`."""
