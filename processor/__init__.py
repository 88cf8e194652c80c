"""The processor of import-jobs: from a pending row to rows in a table."""
