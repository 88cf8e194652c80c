"""What a column takes and stores is what Postgres takes and stores for the same text, by its own input function.

Set IMPORT_JOBS_NIGHTLY=1 for 2,000 texts per type and more, instead of 100.
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
from tests.integration.value_texts import CLOCK, DATE, NASTY, NEAR, OFFSET, SPOKEN, TYPES, texts
from tests.integration.values_harness import Kept

PER_EXAMPLE = 25
EXAMPLES = 80 if os.environ.get("IMPORT_JOBS_NIGHTLY") == "1" else 4
DATED = {name for name in NEAR if "date" in name or "timestamp" in name} | {"public.day", "public.moment"}
AMBIGUOUS = "day or month may come first"
#: Days as people write them. Of others, such as `9 09 "6`, more may be refused than must.
PLAIN = re.compile(rf"(?:{CLOCK}[ ,])?(?:{'|'.join(SPOKEN)}|{DATE})(?:[ T]{CLOCK}{OFFSET}?)?")


@pytest.fixture(scope="module")
def conn(cluster: Cluster) -> Iterator[psycopg.Connection]:
    with contextmanager(cluster.clone)("closed") as db, db.connect("postgres") as opened:
        opened.execute(TYPES)
        yield opened


@pytest.mark.parametrize("type_name", NEAR)
def test_the_pipeline_stores_and_refuses_what_postgres_does(conn, type_name):
    kept = Kept.of(conn, type_name)
    seen = stored = 0

    # Without shrinking: the assertions name the text, and each example costs 50 statements.
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )
    @example(NASTY)
    @given(st.lists(texts(type_name) | st.none(), min_size=PER_EXAMPLE, max_size=PER_EXAMPLE * 2))
    def agrees(some: list[str | None]) -> None:
        nonlocal seen, stored
        with conn.transaction(force_rollback=True):
            conn.execute("set local datestyle = 'ISO, MDY'")
            expected = kept.by_postgres(some)
            ours = kept.by_pipeline(some)
            unclear = read_differently(kept, some) if type_name in DATED else set()
        seen, stored = seen + len(some), stored + len(expected.stored)
        ambiguous = {place for place, message in ours.messages.items() if AMBIGUOUS in message}
        assert unclear <= ambiguous, [some[place] for place in unclear - ambiguous]
        needless = [some[place] for place in ambiguous - unclear - set(expected.refused)]
        assert not [text for text in needless if PLAIN.fullmatch(text or "")]
        for place, text in enumerate(some):
            if place in ambiguous:
                assert ours.refused[place] == "IJ403"
                continue
            assert ours.stored.get(place) == expected.stored.get(place), text
            assert ours.refused.get(place) == expected.refused.get(place), text

    agrees()
    assert seen >= EXAMPLES * PER_EXAMPLE
    assert stored >= seen / 30, "too few texts were accepted for the property to mean anything"


#: Types that no declared mark, format or word concerns.
UNCONCERNED = [
    "text", "time without time zone", "time with time zone", "interval", "uuid", "json", "jsonb", "bytea", "inet",
    "text[]", "integer[]", "int4range", "bit(3)", "public.mood", "public.short",
]  # fmt: skip


@pytest.mark.parametrize("type_name", UNCONCERNED)
def test_a_locale_leaves_other_types_alone(conn, type_name):
    kept = Kept.of(conn, type_name)
    reading = make_reading({"trim": False, "null_values": []}, {"locale": "pt-BR", "time_zone": "America/Recife"})

    @settings(
        max_examples=2, deadline=None, database=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate]
    )
    @given(st.lists(texts(type_name), min_size=PER_EXAMPLE))
    def agrees(some: list[str | None]) -> None:
        with conn.transaction(force_rollback=True):
            expected, ours = kept.by_postgres(some), kept.by_pipeline(some, reading)
        assert (ours.stored, ours.refused) == (expected.stored, expected.refused)

    agrees()


def read_differently(kept: Kept, some: list[str | None]) -> set[int]:
    """Find the texts of which Postgres makes another day with the day first than with the month first."""
    both = []
    for order in ("MDY", "DMY"):
        kept.conn.execute("select set_config('datestyle', %s, true)", [f"ISO, {order}"])
        both.append(kept.by_postgres(some).stored)
    return {place for place in both[0].keys() & both[1].keys() if both[0][place] != both[1][place]}
