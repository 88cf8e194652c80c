"""Proxies for TCP and for the Storage API that inject faults on request, for tests only."""
