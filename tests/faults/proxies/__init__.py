"""Proxies that break what goes through them, for tests of what happens then; nothing else uses them."""
