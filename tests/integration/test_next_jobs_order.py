"""importer.next_jobs on random queues, compared with two oracles: the rules in Python, and one query over the queue."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from tests.integration.queue_harness import Queue

# One query with window functions over the whole queue.
WINDOWS = (Path(__file__).parent / "next_jobs_windows.sql").read_text(encoding="utf-8")
OWNERS = (None, *(UUID(int=n) for n in range(1, 5)))
# The first two are the name and the table of one target; the last two are not registered.
TARGETS = {"people": "people", "app.people": "people", "cities": "cities", "towns": "towns", "nothing": "nothing"}
START = datetime(2026, 1, 1, tzinfo=UTC)
SEEDS = range(60)
INSERT = """
insert into public.import_jobs
(id, object_path, target, created_by, priority, created_at, run_after, attempts, status, phase, started_at, finished_at)
values (%(id)s, 'a', %(target)s, %(owner)s, %(priority)s, %(created_at)s, %(run_after)s, %(attempts)s, %(status)s,
%(phase)s, %(started_at)s, %(finished_at)s)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A job, with the columns that the rules use."""

    id: UUID
    target: str
    owner: UUID | None
    priority: int
    created_at: datetime
    state: str
    started_at: datetime | None

    @property
    def row(self) -> dict[str, object]:
        """Return the columns of the job; `pending` is the state of a job that is due and has attempts left."""
        ended = self.state == "completed"
        return {
            **{name: getattr(self, name) for name in ("id", "target", "owner", "priority", "created_at", "started_at")},
            "run_after": datetime(2100, 1, 1, tzinfo=UTC) if self.state == "later" else START,
            "attempts": 5 if self.state == "used up" else 0,
            "status": self.state if self.state in ("running", "completed") else "pending",
            "phase": "opening" if self.state == "running" else None,
            "finished_at": self.started_at if ended else None,
        }


@dataclass(frozen=True, slots=True)
class Scene:
    """A queue with its limits."""

    entries: list[Entry]
    owner_limit: int
    target_limits: dict[str, int]

    def limit(self, target: str) -> int:
        return self.target_limits.get(target, 4)


def scene(seed: int, owner_limit: int | None = None) -> Scene:
    """Return a random queue with few different values, so that ties and limits occur often."""
    draw = random.Random(seed)  # noqa: S311 - no secret
    owners, targets = draw.sample(OWNERS, draw.randint(1, 5)), draw.sample(list(TARGETS), draw.randint(1, 5))
    states = draw.choices(
        ("pending", "later", "used up", "running", "completed"), (12, 2, 1, 2, 2), k=draw.randint(1, 40)
    )
    entries = [
        Entry(
            id=UUID(int=draw.getrandbits(128), version=4),
            target=draw.choice(targets),
            owner=draw.choice(owners),
            priority=draw.choice((0, 0, 0, 5, -32768, 32767)),
            created_at=START + timedelta(hours=draw.randint(0, 5)),
            state=state,
            started_at=START + timedelta(days=draw.randint(1, 5)) if state in ("running", "completed") else None,
        )
        for state in states
    ]
    limits = {"people": draw.randint(1, 6), "cities": draw.randint(1, 6)}
    return Scene(entries, owner_limit or draw.randint(1, 8), limits)


def expected(scene: Scene, max_jobs: int) -> list[UUID]:
    """Apply the rules to the whole queue in its order, job by job; return the ids of the chosen jobs."""
    running = [entry for entry in scene.entries if entry.state == "running"]
    of_target = {name: sum(TARGETS[e.target] == name for e in running) for name in TARGETS.values()}
    of_owner = {owner: sum(e.owner == owner for e in running) for owner in OWNERS}
    last = {
        o: max((e.started_at for e in scene.entries if e.owner == o and e.started_at), default=None) for o in OWNERS
    }
    due = (e for e in scene.entries if e.state == "pending")
    pending = sorted(due, key=lambda e: (-e.priority, e.created_at, e.id))
    ranks: dict[tuple[UUID | None, int], int] = {}
    order: list[tuple[int, int, datetime, datetime, UUID, Entry]] = []
    for entry in pending:
        precedence = 0 if entry.owner else entry.priority
        rank = ranks[entry.owner, precedence] = ranks.get((entry.owner, precedence), 0) + 1
        served = last[entry.owner] or datetime.min.replace(tzinfo=UTC)
        order.append((-precedence, of_owner[entry.owner] + rank, served, entry.created_at, entry.id, entry))
    chosen: list[UUID] = []
    for *_, entry in sorted(order):
        name = TARGETS[entry.target]
        free = entry.owner is None or of_owner[entry.owner] < scene.owner_limit
        if free and of_target[name] < scene.limit(name):
            of_owner[entry.owner] += 1
            of_target[name] += 1
            chosen.append(entry.id)
    return chosen[:max_jobs]


def prepare(queue: Queue, scene: Scene) -> None:
    """Create the targets, the limits and the jobs in the database."""
    admin = queue.admin
    admin.execute("create schema app; create table app.people (name text); create table app.cities (name text)")
    for name, limit in scene.target_limits.items():
        admin.execute("select importer.register_target(%s::regclass)", [f"app.{name}"])
        admin.execute("update public.import_targets set max_running_jobs = %s where name = %s", [limit, name])
    admin.execute(
        "insert into importer.settings (name, value) values ('max_running_jobs_per_owner', %s)",
        [str(scene.owner_limit)],
    )
    with admin.transaction(), admin.cursor() as cursor:
        cursor.execute("alter table public.import_jobs disable trigger user")
        cursor.executemany(INSERT, [entry.row for entry in scene.entries])
        cursor.execute("alter table public.import_jobs enable trigger user")


def chosen(conn: psycopg.Connection, function: str, max_jobs: int) -> list[UUID]:
    name = sql.Identifier(*function.split("."))
    return [job for (job,) in conn.execute(sql.SQL("select {}(%s)").format(name), [max_jobs])]


@pytest.mark.parametrize("seed", SEEDS)
def test_choice_follows_the_rules(queue: Queue, seed: int) -> None:
    drawn = scene(seed)
    prepare(queue, drawn)
    for max_jobs in (1, 2, 3, 7, 50):
        assert chosen(queue.admin, "importer.next_jobs", max_jobs) == expected(drawn, max_jobs)


@pytest.mark.parametrize("seed", SEEDS)
def test_choice_equals_that_of_one_query_over_the_whole_queue(queue: Queue, seed: int) -> None:
    """With an effective limit of owners the query chooses differently, since jobs over that limit take places there."""
    queue.admin.execute(WINDOWS)
    drawn = scene(seed, owner_limit=50)
    prepare(queue, drawn)
    for max_jobs in (1, 2, 3, 7, 50):
        assert chosen(queue.admin, "importer.next_jobs", max_jobs) == chosen(
            queue.admin, "pg_temp.next_jobs_windows", max_jobs
        )


@pytest.mark.parametrize("seed", SEEDS)
def test_first_choice_equals_that_of_one_query_over_the_whole_queue(queue: Queue, seed: int) -> None:
    queue.admin.execute(WINDOWS)
    prepare(queue, scene(seed))
    assert chosen(queue.admin, "importer.next_jobs", 1) == chosen(queue.admin, "pg_temp.next_jobs_windows", 1)
