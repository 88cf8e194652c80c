"""Two jobs lock two rows in opposite order: Postgres aborts one transaction, which is retried within the attempt."""

from __future__ import annotations

from tests.faults.harness import GATE, FaultStack
from tests.waiting import until

# Each loaded row is added to the total of its kind, whose row stays locked while the gate is closed.
TOTALS = """
create table public.totals_{0} (kind integer primary key, rows integer not null default 0);
insert into public.totals_{0} (kind) values (1), (2);
create function public.add_{0}() returns trigger language plpgsql security definer as $$
begin
  update public.totals_{0} set rows = rows + 1 where kind = new.id;
  perform pg_advisory_xact_lock_shared({1}, 0);
  return new;
end $$;
create trigger add before insert on public.{0} for each row execute function public.add_{0}();
"""
DEADLOCKS = "select deadlocks from pg_stat_database where datname = current_database()"


def test_deadlock_of_two_jobs_costs_no_attempt(stack: FaultStack) -> None:
    before = stack.sql(DEADLOCKS)[0]["deadlocks"]
    processor = stack.processor(max_jobs=2)
    table = stack.table()
    stack.sql(TOTALS.format(table, GATE))
    with stack.gate(0) as gate:
        jobs = [stack.insert(table, b"id,note\n1,a\n2,b\n"), stack.insert(table, b"id,note\n2,c\n1,d\n")]
        stack.cases.clear()  # both jobs share a target, which is compared below
        gate.wait_for("copy%", 2)
    for case in jobs:
        job = stack.ended(case)
        assert (job["status"], job["error_code"], job["rows_loaded"]) == ("completed", None, 2)
        assert stack.events(case) == ["pending", "running", "completed"]
    until(lambda: stack.sql(DEADLOCKS)[0]["deadlocks"] > before, "a deadlock in Postgres's statistics")
    rows = stack.sql(f"select id, note from public.{table} order by note")
    assert [(row["id"], row["note"]) for row in rows] == [(1, "a"), (2, "b"), (2, "c"), (1, "d")]
    assert [row["rows"] for row in stack.sql(f"select rows from public.totals_{table}")] == [2, 2]
    assert not processor.logged("attempt_failed")
