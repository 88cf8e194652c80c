"""The HTTP interface: the doorbell and the probes, and the limits and the authentication that protect them."""
