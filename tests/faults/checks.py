"""What must be true of every job after every fault: in the target exactly once, by content, and all counts agree."""

from __future__ import annotations

from collections import Counter

from tests.faults.files import Case
from tests.faults.harness import FaultStack


def check_case(stack: FaultStack, case: Case) -> None:
    """Compare a job, its ledger, its rejections and its target with its file, as far as it was loaded."""
    job = stack.job(case.job)
    counted = {name: job[f"rows_{name}"] for name in ("read", "loaded", "rejected", "skipped")}
    ledger = stack.ledger(case)
    assert [entry["seq"] for entry in ledger] == list(range(len(ledger)))
    assert job["chunks_done"] == len(ledger)
    assert counted == {name: sum(int(entry[f"rows_{name}"]) for entry in ledger) for name in counted}
    good, bad = case.expected(job["rows_read"])
    rows = stack.sql(f"select id, note from public.{case.table}")
    found = Counter((row["id"], row["note"]) for row in rows)
    assert found == good, f"missing {list(good - found)[:3]}, too many {list(found - good)[:3]}"
    errors = stack.sql("select * from public.import_job_errors where job_id = %s order by record_number", case.job)
    assert [(row["record_number"], row["code"]) for row in errors] == bad
    assert counted == {"read": len(bad) + good.total(), "loaded": good.total(), "rejected": len(bad), "skipped": 0}
    check_state(stack, case)


def check_state(stack: FaultStack, case: Case) -> None:
    """Check what follows from the job's status, and that its history fits it."""
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
    """Check that no processor said a secret, or a value of a file."""
    kept = stack.local.state
    secrets = [*kept.passwords.values(), kept.secret_key, kept.jwt_secret, kept.wake_token, "a note with a comma"]
    for one in stack.processors:
        said = one.said()
        assert not any(secret in said for secret in secrets)
        assert '"defect"' not in said, said
        assert '"job_abandoned"' not in said, said
        assert "Traceback" not in said, said
