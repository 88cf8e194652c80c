"""`python -m processor.cli`, the same as `import-jobs`."""

from processor.cli import main

main()
