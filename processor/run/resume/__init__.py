"""Chunks of earlier attempts, read again where the report, the preview or the normalised file needs them."""
