"""Run many jobs under random faults on a temporary stack, and check that no row was lost or loaded twice."""
