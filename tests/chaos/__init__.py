"""Many jobs under random faults on a stack of its own, and the proof that nothing was lost and nothing doubled."""
