"""The HTTP surface: the doorbell, the probes, and what protects both."""
