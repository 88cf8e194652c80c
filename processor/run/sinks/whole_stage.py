"""The stage through which all rows that wait for others reach the table, by one statement."""

import psycopg

from processor.run.sinks.direct import DirectSink
from processor.run.sinks.sink import Sink
from processor.run.sinks.temp_table import TempTableSink


def whole_stage(conn: psycopg.Connection, sink: Sink) -> TempTableSink | None:
    """Return the sink whose temporary table takes them; None where the mode compares keys with the rest of the file.

    Raises: psycopg.Error.
    """
    stage = sink.staged(conn) if isinstance(sink, DirectSink) else sink
    if not isinstance(stage, TempTableSink) or stage.enter_keys is not None:
        return None
    return None if stage.statements.delete_superseded is not None else stage
