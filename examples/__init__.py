"""Example data, and the demonstration that imports them: `scripts/demo`."""
