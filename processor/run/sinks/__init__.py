"""Where an attempt's rows go: into the target, through a temporary table, into a staging table, or nowhere.

`write` takes a chunk's rows, in the transaction of its ledger entry. `complete` runs in the transaction that completes
the job; `find_rejected` in one that is rolled back, when the target did not accept all that was staged.
"""

from processor.run.sinks.choose import check_writing, sink_for
from processor.run.sinks.dry_run import DryRunOutcome
from processor.run.sinks.sink import Sink, SinkResult

__all__ = ["DryRunOutcome", "Sink", "SinkResult", "check_writing", "sink_for"]
