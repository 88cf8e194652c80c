"""The background work of a processor: claim jobs, keep their leases, run attempts, and record how they end."""

from processor.worker.worker import Worker

__all__ = ["Worker"]
