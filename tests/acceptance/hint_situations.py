"""Jobs that fail because of their file or its rows, and what the hints say: one function for each hint."""

import gzip
import hashlib
from uuid import uuid4

from tests.acceptance.files import padded_rows
from tests.acceptance.hints_harness import Job, Reader, hint

GOOD = b"id,t\n1,a\n2,b\n"
# Larger than what is downloaded at once, so that its first chunks are loaded before its end is read.
LARGE = padded_rows(3_000)
BARE = "id integer, t text"


def partly_loaded(reader: Reader, table: str, **options: object) -> Job:
    """Return a job that is in the target but for two bad rows, which were one too many."""
    return reader.fails_with("IJ420", b"id,t\n1,a\nx,b\ny,c\n2,d\n", table, {"max_errors": 1, **options})


def import_the_rest(reader: Reader, job: Job, table: str, lines: list[bytes]) -> None:
    """Do what the hint says: import the records behind those that it counts, under the same header."""
    reader.completes(reader.stack.run(lines[0] + b"".join(lines[1 + job["rows_read"] :]), table), table, len(lines) - 1)


@hint("IJ102", "Correct the job's options")
def bad_option(reader: Reader) -> None:
    table = reader.stack.table(BARE)
    job = reader.run(GOOD, table, {"encoding": "no-such-encoding"})
    reader.completes(reader.retry(job, {"encoding": "utf-8"}), table, 2)


@hint("IJ106", "Register the table, select importer.register_target('public.your_table'), then retry")
def not_registered(reader: Reader) -> None:
    table = f"t_{uuid4().hex[:12]}"
    reader.stack.sql(f"create table public.{table} ({BARE})")
    job = reader.run(GOOD, table)
    reader.stack.sql(f"select importer.register_target('public.{table}')")
    reader.completes(reader.retry(job), table, 2)


@hint("IJ107", "Upload the file under a path of ASCII letters")
def path_that_storage_refuses(reader: Reader) -> None:
    table = reader.stack.table(BARE)
    for name in ("ação.csv", "a%b.csv", "a#b.csv", "a~b.csv", "a[b].csv"):
        reader.fails(reader.stack.wait(reader.stack.insert(f"service/{uuid4().hex}/{name}", table)))
    reader.completes(reader.stack.run(GOOD, table), table, 2)


@hint("IJ111", "To import the file again")
def duplicate(reader: Reader) -> None:
    table = reader.stack.table(BARE)
    reader.stack.sql("update public.import_targets set on_duplicate_file = 'reject' where name = %s", table)
    data = b"id,t\n%d,a\n" % (uuid4().int % 10**9)
    assert reader.stack.run(data, table)["status"] == "completed"
    reader.stack.sql(f"delete from public.{table}")
    reader.completes(reader.retry(reader.run(data, table), {"force": True}), table, 1)


@hint("IJ206", "Upload the file again")
def another_file(reader: Reader) -> None:
    table = reader.stack.table(BARE)
    path = reader.stack.upload(GOOD + b"3,c\n")
    insert = "insert into public.import_jobs (object_path, target, expected_sha256) values (%s, %s, %s) returning id"
    (row,) = reader.stack.sql(insert, path, table, hashlib.sha256(GOOD).hexdigest())
    job = reader.fails(reader.stack.wait(row["id"]))
    assert reader.stack.rows(table, "id") == []
    reader.put(job, GOOD)
    reader.completes(reader.retry(job), table, 2)


@hint("IJ201", "Upload the file under that path")
def no_object(reader: Reader) -> None:
    table = reader.stack.table(BARE)
    job = reader.fails(reader.stack.wait(reader.stack.insert(f"service/{uuid4().hex}/late.csv", table)))
    reader.put(job, GOOD)
    reader.completes(reader.retry(job), table, 2)


@hint("IJ201", "Create the bucket")
def no_bucket(reader: Reader) -> None:
    stack, table, bucket = reader.stack, reader.stack.table(BARE), f"b-{uuid4().hex[:8]}"
    insert = "insert into public.import_jobs (bucket_id, object_path, target) values (%s, 'a.csv', %s) returning id"
    (row,) = stack.sql(insert, bucket, table)
    job = reader.fails(stack.wait(row["id"]))
    stack.sql("insert into storage.buckets (id, name) values (%s, %s)", bucket, bucket)
    headers = {"apikey": stack.files.key, "content-type": "text/csv"}
    url = f"{stack.files.url}/storage/v1/object/{bucket}/a.csv"
    stack.files.client.post(url, headers=headers, content=GOOD).raise_for_status()
    reader.completes(reader.retry(job), table, 2)


@hint("IJ201", "Upload the same file again")
def object_gone_in_the_middle(reader: Reader) -> None:
    table = reader.stack.table(BARE)
    job = partly_loaded(reader, table)
    data = reader.stack.download(job["object_path"])
    reader.stack.files.client.delete(
        f"{reader.stack.files.url}/storage/v1/object/imports/{job['object_path']}",
        headers={"apikey": reader.stack.files.key},
    ).raise_for_status()
    reader.fails(reader.retry(job, {"max_errors": 5}))
    reader.put(job, data)
    reader.completes(reader.retry(job), table, 2)


@hint("IJ204", "Upload the earlier file again")
def file_changed_in_the_middle(reader: Reader) -> None:
    table = reader.stack.table(BARE)
    job = partly_loaded(reader, table)
    earlier = reader.stack.download(job["object_path"])
    reader.put(job, b"id,t\n1,another\n")
    reader.fails(reader.retry(job, {"max_errors": 5}))
    reader.put(job, earlier)
    reader.completes(reader.retry(job), table, 2)
    undone = reader.stack.table(f"{BARE}, j uuid", provenance_column="j")
    job = partly_loaded(reader, undone)
    reader.put(job, GOOD)
    reader.fails(reader.retry(job, {"max_errors": 5}))
    reader.stack.sql("select importer.undo_import_job(%s)", job["id"])
    reader.completes(reader.retry(job), undone, 2)


@hint("IJ204", "Retry the job to import")
def file_changed_before_the_first_row(reader: Reader) -> None:
    stack, table = reader.stack, reader.stack.table(BARE)
    job_id = stack.insert(stack.upload(GOOD), table)
    stack.wait(job_id)
    stack.sql(f"delete from public.{table}")
    later = "now() + interval '1 hour'"
    insert = f"insert into public.import_jobs (object_path, target, run_after) values (%s, %s, {later}) returning id"
    (row,) = stack.sql(insert, stack.upload(GOOD), table)
    change = "update public.import_jobs set file_etag = '\"other\"', bytes_total = 1, run_after = now() where id = %s"
    stack.sql(change, row["id"])
    stack.sql("select importer.sweep_import_jobs()")
    reader.completes(reader.retry(reader.fails(stack.wait(row["id"]))), table, 2)


@hint("IJ301", "Upload a CSV file")
def empty(reader: Reader) -> None:
    mended(reader, b"  \n")


@hint("IJ302", "Upload a CSV file")
def header_only(reader: Reader) -> None:
    mended(reader, b"id,t\n")


@hint("IJ303", "Save or export the file")
def not_csv(reader: Reader) -> None:
    mended(reader, b"%PDF-1.7\n" + b"\0" * 200)


@hint("IJ308", "Rename or remove one")
def two_headers(reader: Reader) -> None:
    mended(reader, b"Id,t,ID\n1,a,1\n")


@hint("IJ311", "Compress the file again")
def damaged(reader: Reader) -> None:
    mended(reader, gzip.compress(GOOD)[:-9])


@hint("IJ421", "Set the option delimiter")
def all_rows_of_another_width(reader: Reader) -> None:
    mended(reader, b"id,t\n1,a,x\n2,b,y\n")
    table = reader.stack.table(BARE)
    job = reader.run(b'id,t\n1,"a,x"\n2,"b,y"\n', table, {"quote": ""})
    reader.completes(reader.retry(job, {"quote": '"'}), table, 2)


def mended(reader: Reader, bad: bytes) -> None:
    """Upload a right file in place of the bad one, and retry."""
    table = reader.stack.table(BARE)
    job = reader.run(bad, table)
    reader.put(job, GOOD)
    reader.completes(reader.retry(job), table, 2)


@hint("IJ304", "Retry the job with the option encoding")
def wrong_encoding(reader: Reader) -> None:
    table = reader.stack.table(BARE)
    job = reader.run("id,t\n1,ação\n".encode("cp1252"), table, {"encoding": "utf-8"})
    reader.completes(reader.retry(job, {"encoding": "cp1252"}), table, 1)
    assert reader.stack.rows(table) == [(1, "ação")]


@hint("IJ305", "Close the quoted field")
def unclosed_quote(reader: Reader) -> None:
    mended(reader, b'id,t\n1,"a\n2,b\n')
    table = reader.stack.table(BARE)
    job = reader.run(b'id,t\n1,"a\n2,b\n', table)
    reader.completes(reader.retry(job, {"quote": ""}), table, 2)


@hint("IJ304", "Records 1 to")
def wrong_encoding_in_the_middle(reader: Reader) -> None:
    table = reader.stack.table(BARE)
    job = reader.run(LARGE + b"99999,a\xe9\n", table, {"encoding": "utf-8"})
    assert job["rows_loaded"] > 0
    import_the_rest(reader, job, table, (LARGE + b"99999,e\n").splitlines(keepends=True))


@hint("IJ305", "Records 1 to")
def unclosed_quote_in_the_middle(reader: Reader) -> None:
    table = reader.stack.table(BARE)
    job = reader.run(LARGE + b'99999,"open\n', table)
    import_the_rest(reader, job, table, (LARGE + b"99999,closed\n").splitlines(keepends=True))


@hint("IJ311", "Records 1 to")
def damaged_in_the_middle(reader: Reader) -> None:
    table = reader.stack.table(BARE)
    job = reader.run(gzip.compress(LARGE, 1)[:-9], table)
    import_the_rest(reader, job, table, LARGE.splitlines(keepends=True))


@hint("IJ306", "Retry the job with the option mapping")
def no_column(reader: Reader) -> None:
    table = reader.stack.table(BARE)
    job = reader.run(b"number,word\n1,a\n", table)
    reader.completes(reader.retry(job, {"mapping": {"number": "id", "word": "t"}}), table, 1)
    table = reader.stack.table("id text, t text")
    job = reader.run(b"a,Ana\nb,Rui\n", table)
    reader.completes(reader.retry(job, {"has_header": False}), table, 2)


@hint("IJ307", "Retry the job with the option mapping")
def column_missing(reader: Reader) -> None:
    table = reader.stack.table("id integer not null, t text not null")
    job = reader.run(b"id,word\n1,a\n", table)
    reader.completes(reader.retry(job, {"mapping": {"word": "t"}}), table, 1)
    table = reader.stack.table("id integer not null, t text not null")
    job = reader.run(b"id\n1\n", table)
    reader.stack.sql(f"alter table public.{table} alter column t set default ''")
    reader.completes(reader.retry(job), table, 1)


@hint("IJ309", "Retry the job with the option that the message names")
def ambiguous(reader: Reader) -> None:
    table = reader.stack.table("id text, c text")
    job = reader.run(b"id,b;c\nx,y;z\nu,v;w\n", table)
    assert "options.delimiter" in job["error_message"]
    reader.completes(reader.retry(job, {"delimiter": ",", "mapping": {"b;c": "c"}}), table, 2)


@hint("IJ310", "Retry the job with the option mapping")
def unknown_column(reader: Reader) -> None:
    table = reader.stack.table(BARE)
    job = reader.run(b"id,t,more\n1,a,b\n", table, {"unknown_columns": "error"})
    reader.completes(reader.retry(job, {"unknown_columns": "ignore"}), table, 1)


@hint("IJ420", "Retry this job with a larger")
def too_many(reader: Reader) -> None:
    table = reader.stack.table(BARE)
    bad = range(10, 20_000, 1000)
    job = reader.run(padded_rows(20_000, 500, bad=bad), table, {"max_errors": 5})
    job = reader.retry(job, {"max_errors": 5000})
    assert job["rows_rejected"] == len(bad)
    reader.completes(job, table, 20_000 - len(bad))
    corrected = reader.stack.download(job["errors_path"]).replace(b"x", b"")
    assert reader.stack.run(corrected, table)["status"] == "completed"
    assert reader.stack.rows(table, "count(*) as rows, count(distinct id) as ids") == [(20_000, 20_000)]


@hint("IJ420", "Correct the file, and import")
def one_bad_row(reader: Reader) -> None:
    table = reader.stack.table(BARE)
    job = reader.run(padded_rows(3_000, bad=(1_500,)), table, {"on_error": "abort"})
    assert reader.stack.rows(table) == []
    reader.completes(reader.retry(job, {"on_error": "skip"}), table, 2_999)
    table = reader.stack.table(BARE)
    reader.run(padded_rows(3_000, bad=(1_500,)), table, {"on_error": "abort"})
    reader.completes(reader.stack.run(padded_rows(3_000), table, {"on_error": "abort"}), table, 3_000)


@hint("IJ421", "Remove the cause")
def all_rejected(reader: Reader) -> None:
    parent = reader.stack.table("id integer primary key")
    table = reader.stack.table(f"id integer references public.{parent}, d date")
    job = reader.run(b"id,d\n1,2026-01-13\n2,2026-01-14\n", table)
    reader.stack.sql(f"insert into public.{parent} values (1), (2)")
    reader.completes(reader.retry(job), table, 2)
    table = reader.stack.table("id integer, d date")
    job = reader.run(b"id,d\n1,13/01/2026\n2,14/01/2026\n", table, {"date_formats": ["%Y.%m.%d"]})
    reader.completes(reader.retry(job, {"date_formats": ["%d/%m/%Y"]}), table, 2)
