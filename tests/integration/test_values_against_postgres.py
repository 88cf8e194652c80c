"""The pipeline stores and rejects what the input function of Postgres stores and rejects for the same text.

Set IMPORT_JOBS_NIGHTLY=1 for at least 2,000 texts of each type instead of 100.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from processor.validate import make_reading
from tests.conftest import Cluster
from tests.integration.value_texts import CLOCK, DATE, DIFFICULT, NEAR, OFFSET, SPOKEN, TYPES, texts
from tests.integration.values_harness import ValueTable

PER_EXAMPLE = 25
EXAMPLES = 80 if os.environ.get("IMPORT_JOBS_NIGHTLY") == "1" else 4
DATED = {name for name in NEAR if "date" in name or "timestamp" in name} | {"public.day", "public.moment"}
AMBIGUOUS = "the order of day and month is ambiguous"
#: Dates as people write them. Of other texts, such as `9 09 "6`, more are rejected as ambiguous than is necessary.
PLAIN = re.compile(rf"(?:{CLOCK}[ ,])?(?:{'|'.join(SPOKEN)}|{DATE})(?:[ T]{CLOCK}{OFFSET}?)?")


@pytest.fixture(scope="module")
def conn(cluster: Cluster) -> Iterator[psycopg.Connection]:
    with contextmanager(cluster.clone)("closed") as db, db.connect("postgres") as opened:
        opened.execute(TYPES)
        yield opened


@pytest.mark.parametrize("type_name", NEAR)
def test_pipeline_stores_and_rejects_what_postgres_does(conn, type_name):
    table = ValueTable.create(conn, type_name)
    seen = stored = 0

    # Examples are not shrunk, because the assertions name the text and each example takes 50 statements.
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )
    @example(DIFFICULT)
    @given(st.lists(texts(type_name) | st.none(), min_size=PER_EXAMPLE, max_size=PER_EXAMPLE * 2))
    def agrees(some: list[str | None]) -> None:
        nonlocal seen, stored
        with conn.transaction(force_rollback=True):
            conn.execute("set local datestyle = 'ISO, MDY'")
            expected = table.by_postgres(some)
            ours = table.by_pipeline(some)
            unclear = read_differently(table, some) if type_name in DATED else set()
        seen, stored = seen + len(some), stored + len(expected.stored)
        ambiguous = {place for place, message in ours.messages.items() if AMBIGUOUS in message}
        assert unclear <= ambiguous, [some[place] for place in unclear - ambiguous]
        unnecessary = [some[place] for place in ambiguous - unclear - set(expected.rejected)]
        assert not [text for text in unnecessary if PLAIN.fullmatch(text or "")]
        for place, text in enumerate(some):
            if place in ambiguous:
                assert ours.rejected[place] == "IJ403"
                continue
            assert ours.stored.get(place) == expected.stored.get(place), text
            assert ours.rejected.get(place) == expected.rejected.get(place), text

    agrees()
    assert seen >= EXAMPLES * PER_EXAMPLE
    assert stored >= seen / 30, "Postgres accepted too few texts for the property to mean anything"


#: Types to which no declared mark, format or word applies.
UNAFFECTED = [
    "text", "time without time zone", "time with time zone", "interval", "uuid", "json", "jsonb", "bytea", "inet",
    "text[]", "integer[]", "int4range", "bit(3)", "public.mood", "public.short",
]  # fmt: skip


@pytest.mark.parametrize("type_name", UNAFFECTED)
def test_locale_does_not_change_other_types(conn, type_name):
    table = ValueTable.create(conn, type_name)
    reading = make_reading({"trim": False, "null_values": []}, {"locale": "pt-BR", "time_zone": "America/Recife"})

    @settings(
        max_examples=2, deadline=None, database=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate]
    )
    @given(st.lists(texts(type_name), min_size=PER_EXAMPLE))
    def agrees(some: list[str | None]) -> None:
        with conn.transaction(force_rollback=True):
            expected, ours = table.by_postgres(some), table.by_pipeline(some, reading)
        assert (ours.stored, ours.rejected) == (expected.stored, expected.rejected)

    agrees()


def read_differently(table: ValueTable, some: list[str | None]) -> set[int]:
    """Return the places of the texts that Postgres reads as another date with DateStyle DMY than with MDY."""
    both = []
    for order in ("MDY", "DMY"):
        table.conn.execute("select set_config('datestyle', %s, true)", [f"ISO, {order}"])
        both.append(table.by_postgres(some).stored)
    return {place for place in both[0].keys() & both[1].keys() if both[0][place] != both[1][place]}
