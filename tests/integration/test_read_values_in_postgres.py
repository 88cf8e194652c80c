"""Texts that are read with a locale become the intended values in Postgres."""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from processor.model import Rows
from processor.validate import check, make_reading, settle, transform
from tests.columns import column, plan_of

TYPES = {
    "amount": "numeric(12,2)",
    "count": "integer",
    "born": "date",
    "seen": "timestamp with time zone",
    "local": "timestamp without time zone",
    "active": "boolean",
}
BRASILIA = timezone(timedelta(hours=-3))
ZONE = "America/Sao_Paulo"


def loaded(conn, records: list[tuple[str | None, ...]], **options: object) -> list[tuple[object, ...]]:
    """Read and check the records, COPY them at once, and return the rows of the table."""
    plan = plan_of(*(column(type_name, name) for name, type_name in TYPES.items()), reading=make_reading(options))
    frame = pl.DataFrame(records, schema=dict.fromkeys(TYPES, pl.String), orient="row")
    transformed = transform(Rows(frame, np.arange(len(records), dtype=np.int64)), plan)
    checked = check(transformed.rows, plan, transformed.rejections)
    assert checked.uncertain == ()
    rows, rejections = settle(checked, ())
    assert rejections.cells() == []
    with conn.transaction(force_rollback=True):
        conn.execute(
            "create temp table read (" + ", ".join(f"{name} {type_name}" for name, type_name in TYPES.items()) + ")"
        )
        with conn.cursor().copy("copy pg_temp.read from stdin") as copy:
            for row in rows.frame.iter_rows():
                copy.write_row(row)
        return conn.execute("select * from pg_temp.read").fetchall()


@pytest.mark.parametrize(
    ("locale", "record"),
    [
        ("pt-BR", ("1.234,56", "1.234", "31/12/2026", "31/12/2026 23:59:58", "31/12/2026, 23:59", "sim")),
        ("de-DE", ("1.234,56", "1.234", "31.12.2026", "31.12.2026 23:59:58", "31.12.2026 23:59", "Wahr")),
        ("en-US", ("1,234.56", "1,234", "12/31/2026", "12/31/2026 11:59:58 PM", "12/31/2026 11:59 pm", "Yes")),
        ("en-GB", ("1,234.56", "1,234", "31/12/2026", "31/12/2026 23:59:58", "31/12/2026 23:59", "y")),
        ("fr-FR", ("1\u202f234,56", "1 234", "31/12/2026", "2026-12-31T23:59:58", "31/12/2026 23:59", "oui")),
        ("es-ES", ("1.234,56", "1.234", "31-12-2026", "31/12/2026 23:59:58", "31/12/2026 23:59", "Sí")),
    ],
)
def test_one_row_is_read_in_the_spelling_of_six_countries(db, locale, record):
    with db.connect("postgres") as conn:
        rows = loaded(conn, [record, (None,) * 6], locale=locale, time_zone=ZONE)
    assert rows == [
        (
            Decimal("1234.56"),
            1234,
            date(2026, 12, 31),
            datetime(2026, 12, 31, 23, 59, 58, tzinfo=BRASILIA),
            datetime(2026, 12, 31, 23, 59),  # noqa: DTZ001
            True,
        ),
        (None,) * 6,
    ]


def test_timestamps_without_a_zone_are_read_in_the_declared_one_with_its_summer_time(db):
    with db.connect("postgres") as conn:

        @settings(max_examples=15, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(st.lists(st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)), min_size=20))  # noqa: DTZ001
        def agree(moments: list[datetime]) -> None:
            records = [(None, None, None, f"{moment:%d/%m/%Y %H:%M:%S}", None, None) for moment in moments]
            rows = loaded(conn, records, locale="pt-BR", time_zone=ZONE)
            naive = [moment.replace(microsecond=0) for moment in moments]
            expected = conn.execute(
                "select t at time zone %s from unnest(%s::timestamp[]) as t", [ZONE, naive]
            ).fetchall()
            assert [row[3] for row in rows] == [row[0] for row in expected]

        agree()
