"""Check what holds for every job after every fault: each row is loaded exactly once, and all counts agree."""

from __future__ import annotations

from collections import Counter

from tests.faults.files import Case
from tests.faults.harness import FaultStack


def check_case(stack: FaultStack, case: Case) -> None:
    """Compare a job, its ledger, its rejections and its target with the part of the file that was read."""
    job = stack.job(case.job)
    counted = {name: job[f"rows_{name}"] for name in ("read", "loaded", "rejected", "skipped")}
    ledger = stack.ledger(case)
    assert [entry["seq"] for entry in ledger] == list(range(len(ledger)))
    assert job["chunks_done"] == len(ledger)
    assert counted == {name: sum(int(entry[f"rows_{name}"]) for entry in ledger) for name in counted}
    good, bad = case.expected(job["rows_read"])
    rows = stack.sql(f"select id, note from public.{case.table}")
    loaded = Counter((row["id"], row["note"]) for row in rows)
    assert loaded == good, f"missing {list(good - loaded)[:3]}, too many {list(loaded - good)[:3]}"
    errors = stack.sql("select * from public.import_job_errors where job_id = %s order by record_number", case.job)
    assert [(row["record_number"], row["code"]) for row in errors] == bad
    skipped = case.skipped(job["rows_read"])
    assert counted == {
        "read": len(bad) + good.total() + skipped,
        "loaded": good.total(),
        "rejected": len(bad),
        "skipped": skipped,
    }
    check_state(stack, case)


def check_state(stack: FaultStack, case: Case) -> None:
    """Check that the lease, the attempts and the events of the job agree with its status."""
    job = stack.job(case.job)
    history = stack.events(case)
    if job["status"] == "completed":
        assert job["rows_read"] == case.records
    if job["status"] != "running":
        assert stack.lease(case) is None
        assert history[-1] == job["status"]
    assert job["attempts"] <= job["max_attempts"]
    assert history.count("running") >= job["attempts"]
    assert history.count("completed") == (job["status"] == "completed")


def check_logs(stack: FaultStack) -> None:
    """Check that the log of no processor has a secret, a value of a file or a defect."""
    state = stack.local.state
    secrets = [*state.passwords.values(), state.secret_key, state.jwt_secret, state.wake_token, "a note with a comma"]
    for processor in stack.processors:
        log = processor.log_text()
        assert not any(secret in log for secret in secrets)
        for unexpected in ('"defect"', '"job_abandoned"', "Traceback"):
            assert unexpected not in log, log
