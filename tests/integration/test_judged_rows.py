"""Rows that keys, foreign keys and checks refuse are found by sets: the same ones, for the same reasons, as row by row.

Set IMPORT_JOBS_NIGHTLY=1 for 500 tables instead of 8, and for 1,000 in the modes.
"""

from __future__ import annotations

import os
from random import Random

import psycopg
import pytest

from processor.database.transaction import loading
from processor.load import go_on
from processor.model import Field, Plan, Reason
from processor.run.sinks import Sink, sink_for
from processor.run.sinks.direct import DirectSink
from processor.run.sinks.relation import RelationSink
from tests.integration.queue_harness import EMPTY, Queue
from tests.integration.refusal_tables import COLUMNS, CONTENT, SCHEMA, Case, fill, values
from tests.integration.test_refused_rows import chunk_of, claimed, outcome, written

CASES = 500 if os.environ.get("IMPORT_JOBS_NIGHTLY") == "1" else 8
RULES = (
    "primary key (id)",
    "unique (id, a)",
    "unique (a, c)",
    "unique (b) deferrable initially deferred",
    "unique (g)",
    "constraint z_unique unique (c, p) deferrable",
    "constraint z_check check (c <> 3)",
    "constraint a_check check (a > c or a is null)",
    "check (g < 17)",
    "check (d > 0 and length(b) < 3)",
    "constraint one_parent foreign key (p) references app.parent",
    "foreign key (p) references app.parent deferrable initially deferred",
    "foreign key (a) references app.parent (code) on delete cascade",
    "foreign key (p, c) references app.pair",
)
OWN = (
    "unique (id), constraint own foreign key (p) references app.t (id)",
    "unique (id), constraint a_own foreign key (a) references app.t (id) deferrable initially deferred",
    "unique (id, a), constraint b_own foreign key (p, a) references app.t (id, a)",
)
INDEXES = (
    "create unique index on app.t (lower(b), a)",
    "create unique index on app.t ((a % 4), c) where c > 4",
    "create unique index on app.t (a, d) where p is null",
)
#: Key columns whose values nothing but the row itself decides; `late` is filled by a sequence, and no rule looks at it.
CREATE = """create table app.t (
  id integer, a integer, b text, c {}, p integer, g integer generated always as (c * 2) stored, d integer default 7,
  late integer generated always as identity{}
)"""

#: Mode of the target, whether the job is all-or-nothing, and whether it is of a user, to whom row security applies.
MODES = (
    ("upsert", False, False),
    ("ignore", False, False),
    ("update", False, False),
    ("insert", True, False),
    ("insert", False, True),
    ("upsert", True, False),
    ("replace", False, False),
    ("insert", True, True),
    ("ignore", False, True),
    ("upsert", False, True),
)
MODE_CASES = 1_000 if CASES > 8 else len(MODES)
STAGED = [(mode, atomic, as_user) for mode, atomic, as_user in MODES if atomic or mode == "replace"]

PARENTS = f"""{SCHEMA}
create table app.t (id integer primary key, a integer, b text, c integer, p integer references app.parent);
{CONTENT}
"""


def plain_case(seed: int) -> Case:
    """Return a table of which sets can say everything, and rows for it."""
    random = Random(seed)  # noqa: S311 - no secret
    own = random.sample(OWN, random.choice((0, 0, 1, 1, 2)))
    rules = random.sample(RULES, random.randint(1, 5)) + own
    create = CREATE.format(random.choice(("integer", "smallint")), "".join(f", {rule}" for rule in rules))
    indexes = random.sample(INDEXES, random.choice((0, 0, 1, 2)))
    existing = [values(random, 400, 0.2) for _ in range(random.randint(0, 12))]
    rows = tuple(
        tuple(values(random, random.choice((30, 400)), random.choice((0, 0.1))))
        for _ in range(random.choice((3, 20, 40, 60) if own else (3, 40, 150, 300)))
    )
    script = ";\n".join([SCHEMA, create, *indexes, CONTENT, fill(existing)])
    return Case(sql=script, mode="insert", keys=(), options={}, as_user=False, rows=rows)


def mode_case(seed: int) -> Case:
    """Return a table of which sets can say everything in the mode of the case, and rows for it."""
    random = Random(seed)  # noqa: S311 - no secret
    mode, atomic, as_user = MODES[seed % len(MODES)]
    meets = mode in ("upsert", "ignore", "update")
    changes = mode in ("upsert", "update")
    rules = [rule for rule in RULES if not (meets and "primary key" in rule) and not (changes and "d > 0" in rule)]
    if mode == "update":  # the rows of a statement are in no order there, so that which one gets a key is open
        rules = [rule for rule in rules if "unique" not in rule]
    chosen = random.sample(rules, random.randint(1, 4)) + (["primary key (id)"] if meets else [])
    create = CREATE.format("integer", "".join(f", {rule}" for rule in chosen))
    indexes = random.sample(INDEXES[:2] if changes else INDEXES, 0 if mode == "update" else random.choice((0, 0, 1)))
    existing = [values(random, 60, 0.2) for _ in range(random.randint(0, 40))]
    rows = tuple(
        tuple(values(random, random.choice((30, 60, 400)), random.choice((0, 0.1))))
        for _ in range(random.choice((3, 40, 150, 300)))
    )
    return Case(
        sql=";\n".join([SCHEMA, create, *indexes, CONTENT, fill(existing)]),
        mode=mode,
        keys=("id",) if meets else (),
        options={"atomic": True} if atomic else {},
        as_user=as_user,
        rows=rows,
    )


def loaded(queue: Queue, given: Case, *, row_by_row: bool) -> tuple[list[tuple[int, Reason]], list[str], bool]:
    """Load the rows in chunks; return the rejections, the content of the table, and whether sets have said it all."""
    queue.admin.execute(EMPTY)
    job, conn = claimed(queue, given), queue.processor
    assert job.target
    columns = {column.name: column for column in job.target.columns}
    fields = tuple(Field(index=at, header=name, column=columns[name]) for at, name in enumerate(COLUMNS))
    sink = sink_for(conn, job, job.target, Plan(len(COLUMNS), fields))
    assert isinstance(sink, DirectSink)
    sink.row_by_row = row_by_row
    rejections: list[tuple[int, Reason]] = []
    first, size = 1, len(given.rows)
    # Halving tries neighbours together, so that one may come before its parent.
    alone = row_by_row and any(rule in given.sql for rule in OWN)
    for seq, end in enumerate(range(1, size + 1) if alone else sorted({size // 3, size // 2, size} - {0})):
        rows, chunk = chunk_of(given.rows[first - 1 : end], first, seq)
        result = written(conn, job, sink, rows, chunk)
        rejections += [(first + row, reason) for row, reason in result.rejected.cells()]
        first = end + 1
    with loading(conn, job.id, 60, token=job.token, keep=False):
        content = conn.execute("select app.content()").fetchone()[0]
    return sorted(rejections, key=lambda rejection: rejection[0]), content or [], sink.by_sets


@pytest.mark.parametrize("seed", range(CASES))
def test_sets_refuse_the_rows_that_are_refused_one_by_one(queue: Queue, seed: int) -> None:
    given = plain_case(seed)
    print(given.sql, given.as_user)  # shown when a test fails
    one_by_one = loaded(queue, given, row_by_row=True)
    by_sets = loaded(queue, given, row_by_row=False)
    assert by_sets == one_by_one
    assert by_sets[2], "sets could not say which rows the table refuses"


@pytest.mark.parametrize("seed", range(MODE_CASES))
def test_sets_refuse_in_every_mode_the_rows_that_are_refused_one_by_one(queue: Queue, seed: int) -> None:
    given = mode_case(seed)
    print(given.sql, given.mode, given.options, given.as_user)  # shown when a test fails
    sinks: list[Sink] = []
    one_by_one = outcome(queue, given, row_by_row=True)
    assert outcome(queue, given, row_by_row=False, sinks=sinks) == one_by_one
    (sink,) = sinks
    assert isinstance(sink, RelationSink)
    assert sink.judged
    # Row security may refuse to change a row before its foreign keys are tested: then steps decide.
    assert sink.judged.by_sets or (given.mode == "upsert" and given.as_user), "sets could not say it"


@pytest.mark.parametrize("seed", [seed for seed in range(MODE_CASES) if MODES[seed % len(MODES)] in STAGED])
def test_sets_foresee_what_an_all_or_nothing_job_finds_by_writing(queue: Queue, seed: int) -> None:
    given = mode_case(seed)
    print(given.sql, given.mode, given.options, given.as_user)  # shown when a test fails
    found_by_writing = outcome(queue, given, row_by_row=True)[0]
    assert outcome(queue, given, row_by_row=False, foreseen=True)[0] == found_by_writing


@pytest.mark.parametrize("as_user", [False, True])
def test_a_row_whose_parent_goes_in_the_meantime_is_refused(queue: Queue, as_user: bool) -> None:
    """The chunk waits for its turn between the look for parents and its rows; a parent is deleted just then."""
    queue.admin.execute(EMPTY)
    rows = (("1", "1", "x", "1", "2"), ("2", "1", "x", "1", "9"), ("3", "1", "x", "1", "5"), ("4", "1", "x", "1", "2"))
    given = Case(sql=PARENTS, mode="insert", keys=(), options={}, as_user=as_user, rows=rows)
    job, conn = claimed(queue, given), queue.processor
    assert job.target
    columns = {column.name: column for column in job.target.columns}
    fields = tuple(Field(index=at, header=name, column=columns[name]) for at, name in enumerate(COLUMNS))
    sink = sink_for(conn, job, job.target, Plan(len(COLUMNS), fields))
    first, chunk = chunk_of(rows, 1, 0)
    with pytest.raises(psycopg.errors.ForeignKeyViolation) as refused, loading(conn, job.id, 60, token=job.token):
        sink.write(conn, first, chunk, lambda: None, isolating=None)
    assert sink.can_isolate(refused.value)

    def wait_turn() -> None:
        queue.admin.execute("delete from app.parent where id = 5")

    with loading(conn, job.id, 60, token=job.token):
        result = sink.write(conn, first, chunk, wait_turn, isolating=go_on)
        content = conn.execute("select app.content()").fetchone()[0]
    assert [(row, reason.code) for row, reason in result.rejected.cells()] == [(1, "IJ411"), (2, "IJ411")]
    assert content == ["app.t|1|1|x|1|2", "app.t|4|1|x|1|2"]


@pytest.mark.parametrize(("orphan", "early"), [(1, True), (100, False), (None, False)])
def test_the_beginning_of_an_all_or_nothing_file_is_looked_at(queue: Queue, orphan: int | None, early: bool) -> None:
    """One part in 64 of the file is its beginning."""
    queue.admin.execute(EMPTY)
    rows = tuple((str(number), "1", "x", "1", "9" if number == orphan else "2") for number in range(1, 129))
    given = Case(sql=PARENTS, mode="insert", keys=(), options={"atomic": True}, as_user=False, rows=rows)
    job, conn = claimed(queue, given), queue.processor
    assert job.target
    columns = {column.name: column for column in job.target.columns}
    fields = tuple(Field(index=at, header=name, column=columns[name]) for at, name in enumerate(COLUMNS))
    sink = sink_for(conn, job, job.target, Plan(len(COLUMNS), fields))
    chunk_rows, chunk = chunk_of(rows, 1, 0)
    assert not written(conn, job, sink, chunk_rows, chunk).rejected.records.size
    with loading(conn, job.id, 60, token=job.token, keep=False):
        assert sink.refuses_early(conn, len(rows)) == early


def test_a_null_in_a_generated_column_is_found_before_the_checks(queue: Queue) -> None:
    sql = f"""{SCHEMA}
    create table app.t (id integer primary key, a integer, b text, c integer, p integer check (p > 0),
      g integer not null generated always as (c * 2) stored);
    {CONTENT}"""
    rows = (
        ("1", "1", "x", "1", "1"),
        ("2", "1", "x", None, "0"),
        ("3", "1", "x", "1", "0"),
        ("4", "1", "x", None, "1"),
    )
    given = Case(sql=sql, mode="insert", keys=(), options={}, as_user=False, rows=rows)
    refused = outcome(queue, given, row_by_row=False)[0]
    assert refused == outcome(queue, given, row_by_row=True)[0]
    assert [(record, code) for record, code, *_ in refused] == [(2, "IJ404"), (3, "IJ412"), (4, "IJ404")]
