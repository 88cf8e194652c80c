"""Files that a job leaves in Storage beside its source: errors.csv, and the normalised CSV of options.output."""
