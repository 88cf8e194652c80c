"""Rejections that 0.1.0 has written: shown as before, and complete in the errors.csv of a job that goes on."""

from __future__ import annotations

import psycopg
import pytest

from processor.database import migrate
from tests.conftest import Database
from tests.upgrade.releases import as_in_0_1_0

# A failed job of two chunks, and a completed one. Of the failed one three rejections are shown, the second cut, and one
# more is kept aside.
SEED = """
alter table public.import_jobs disable trigger user;
create table public.people (id integer);
select importer.register_target('public.people');
insert into public.import_jobs (id, object_path, target, status, error_code, error_message, rows_read, rows_loaded,
  rows_rejected, chunks_done, finished_at)
values
  ('00000000-0000-4000-8000-0000000000f1', 'service/a.csv', 'people', 'failed', 'IJ420', 'm', 10, 6, 4, 2, now()),
  ('00000000-0000-4000-8000-0000000000f2', 'service/b.csv', 'people', 'completed', null, null, 2, 1, 1, 1, now());
insert into importer.job_chunks (job_id, seq, byte_start, byte_end, next_line, next_record, rows_read, rows_loaded,
  rows_rejected, rows_skipped, attempt)
values
  ('00000000-0000-4000-8000-0000000000f1', 0, 0, 50, 7, 6, 5, 3, 2, 0, 1),
  ('00000000-0000-4000-8000-0000000000f1', 1, 50, 90, 12, 11, 5, 3, 2, 0, 1),
  ('00000000-0000-4000-8000-0000000000f2', 0, 0, 50, 4, 3, 2, 1, 1, 0, 1);
insert into public.import_job_errors (job_id, record_number, line_number, column_name, code, message, raw)
values
  ('00000000-0000-4000-8000-0000000000f1', 2, 3, 'id', 'IJ403', 'id: m', 'é,1'),
  ('00000000-0000-4000-8000-0000000000f1', 5, 6, null, 'IJ401', 'm', 'long'),
  ('00000000-0000-4000-8000-0000000000f1', 6, 7, 'id', 'IJ403', 'id: m', 'x'),
  ('00000000-0000-4000-8000-0000000000f2', 2, 3, 'id', 'IJ403', 'id: m', 'y');
insert into importer.job_rejections (job_id, record_number, line_number, column_name, code, message, raw)
values
  ('00000000-0000-4000-8000-0000000000f1', 5, 6, null, 'IJ401', 'm', 'long and whole'),
  ('00000000-0000-4000-8000-0000000000f1', 9, 10, 'id', 'IJ410', 'm', null);
alter table public.import_jobs enable trigger user;
"""
FAILED, COMPLETED = (f"00000000-0000-4000-8000-0000000000f{number}" for number in (1, 2))
LIST = "select record_number, position, line_number, column_name, code, message, raw from importer.list_rejections(%s)"


@pytest.fixture
def upgraded(floor_db: Database) -> psycopg.Connection:
    with as_in_0_1_0(floor_db) as conn:
        conn.execute(SEED)
    migrate.apply(floor_db.admin_url)
    return psycopg.connect(floor_db.admin_url, autocommit=True)


def test_rejections_keep_their_records_and_texts(upgraded: psycopg.Connection) -> None:
    with upgraded as conn:
        shown = conn.execute("select record_number, position, raw from public.import_job_errors order by job_id, 1")
        assert shown.fetchall() == [(2, 1, "é,1"), (5, 1, "long"), (6, 1, "x"), (2, 1, "y")]
        assert conn.execute(LIST, [FAILED]).fetchall() == [
            (2, 1, 3, "id", "IJ403", "id: m", "é,1"),
            (5, 1, 6, None, "IJ401", "m", "long and whole"),
            (6, 1, 7, "id", "IJ403", "id: m", "x"),
            (9, 1, 10, "id", "IJ410", "m", ""),
        ]
        assert conn.execute(LIST, [COMPLETED]).fetchall() == [(2, 1, 3, "id", "IJ403", "id: m", "y")]


def test_rejections_of_a_job_that_may_go_on_belong_to_their_chunks(upgraded: psycopg.Connection) -> None:
    with upgraded as conn:
        query = "select job_id::text, seq, part, records, raw_ends from importer.job_rejections order by job_id, seq"
        assert conn.execute(query).fetchall() == [(FAILED, 0, 0, [2, 5], [4, 18]), (FAILED, 1, 0, [6, 9], [1, 1])]
        report = conn.execute("select importer.count_rejections_by_code(%s)", [FAILED]).fetchone()
        assert report == ({"rejected_by_code": {"IJ401": 1, "IJ403": 2, "IJ410": 1}},)
