"""One attempt at one job: the only room that knows the order of the steps.

claim (by the worker) → open: sample, dialect, header, plan, ledger → for each chunk: validate it, then write its rows
and its ledger entry in one transaction → finish. The file is downloaded and cut in a thread of its own, one chunk
ahead. An attempt returns one result (`run.result`), which the worker records.
"""

from processor.run.attempt import run_attempt
from processor.run.context import AttemptContext, Connections
from processor.run.digests import KnownDigests
from processor.run.stop_signal import StopSignal

__all__ = ["AttemptContext", "Connections", "KnownDigests", "StopSignal", "run_attempt"]
