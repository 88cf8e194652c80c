"""One inspection: read the beginning of the file, and say how it would be imported. Only the job's row is written."""

from typing import Any

import psycopg

from processor.errors import JobError
from processor.model import Job, Plan, Target
from processor.queue import inspections
from processor.run.access.permission import check_permission
from processor.run.context import AttemptContext
from processor.run.inspection.beginning import Found, find_beginning, sample_of
from processor.run.inspection.description import Inspected, describe
from processor.run.inspection.fields import Records, read_records
from processor.run.inspection.rows import first_rows
from processor.run.inspection.sheet import inspectable_of
from processor.run.opened_file import Beginning
from processor.run.opening import usable_target
from processor.run.planning import plan_for
from processor.run.result import Completed
from processor.run.sheet_source import stream_size
from processor.run.sinks import check_writing
from processor.run.text import SAMPLE_BYTES


class Inspection:
    """The inspection on its connection, which is in autocommit mode."""

    def __init__(self, conn: psycopg.Connection, context: AttemptContext) -> None:
        self._conn, self._context = conn, context
        self._errors: list[JobError] = []

    def run(self) -> Completed:
        """Inspect the file and complete the job.

        Raises: JobError for a target or a file that cannot be used at all, psycopg.Error, StopRequested, LeaseLost.
        """
        try:
            return self._run()
        except psycopg.Error:
            self._context.stop.check()
            raise
        finally:
            if self._context.sheet:
                self._context.sheet.close()

    def _run(self) -> Completed:
        context = self._context
        target = usable_target(context.job)
        check_permission(self._conn, context.job)
        data = context.source.beginning(SAMPLE_BYTES)
        inspectable = inspectable_of(context, data)
        if inspectable.context.sheet:
            self._context = context = inspectable.context
            data = context.source.beginning(SAMPLE_BYTES)
        sample = sample_of(context.source, data, context.job.options)
        error = inspectable.error or sample.error
        found = Found(error=error) if error else find_beginning(sample, context.job, context.sheet, inspectable.names)
        plan, records = Plan(0, ()), None
        if found.error is not None:
            self._errors.append(found.error)
        if found.beginning is not None:
            plan = self._plan(target, found.beginning)
            try:
                records = read_records(self._conn, sample, found.beginning, plan, context.limits)
            except JobError as exc:
                self._errors.append(exc)
        self._finish(found, plan, records)
        return Completed()

    def _plan(self, target: Target, beginning: Beginning) -> Plan:
        """Return the plan as far as the header allows one; what is in the way of an import is kept."""
        job = self._context.job
        try:
            plan = plan_for(job, target, beginning, self._errors.append)
        except JobError as exc:
            self._errors.append(exc)
            return Plan(len(beginning.header), ())
        if target.mode == "none":
            return plan
        try:
            check_writing(job, target, plan)
        except JobError as exc:
            self._errors.append(exc)
        return plan

    def _finish(self, found: Found, plan: Plan, records: Records | None) -> None:
        job, identity = self._context.job, self._context.source.identified()
        inspected = Inspected(
            job=job,
            found=found,
            plan=plan,
            records=records,
            size=stream_size(self._context.source),
            errors=tuple(self._errors),
            remembered=self._remembered(job, found.beginning),
            rows=self._rows(records, plan),
        )
        dialect = found.beginning.dialect if found.beginning else None
        result = describe(inspected)
        inspections.finish(self._conn, job, etag=identity.etag, size=identity.size, dialect=dialect, result=result)

    def _rows(self, records: Records | None, plan: Plan) -> list[dict[str, Any]]:
        if records is None:
            return []
        return first_rows(records, plan, lambda columns: inspections.typed_values(self._conn, columns))

    def _remembered(self, job: Job, beginning: Beginning | None) -> dict[str, Any] | None:
        """Return what the owner used for these headers before; a file without headers has none."""
        if job.owner is None or beginning is None or not beginning.dialect.has_header:
            return None
        return inspections.remembered(self._conn, job, beginning.header)
