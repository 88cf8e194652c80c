"""Inspections: look at the beginning of a file, and say how it would be imported, without writing anything."""
