"""One attempt at one job: the only place that knows the order of the steps.

claim (by the worker) → open: sample, dialect, header, plan, ledger → for each chunk: shape, parse, check, judge, COPY
and ledger entry in one transaction → finish. The file is downloaded and cut in a thread of its own, one chunk ahead.
"""

from processor.run.attempt import Attempt
from processor.run.stop_signal import Postponed, Stopped, StopSignal

__all__ = ["Attempt", "StopSignal", "Postponed", "Stopped"]
