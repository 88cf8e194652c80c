"""What the tests of import on upload share: folders, and rows of Storage's table as the real server writes them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from tests.integration.queue_harness import OWNER, Queue

OWN = f"{OWNER}/inbox/people.csv"
METADATA = {"size": 3, "eTag": '"abc"', "mimetype": "text/csv"}
INSERT_OBJECT = """
insert into storage.objects (bucket_id, name, owner_id, version, metadata) values ('imports', %s, %s, '1', %s)
"""
UPSERT = """
insert into storage.objects (bucket_id, name, owner, owner_id, version, metadata)
values (%(bucket)s, %(name)s, %(owner)s::text::uuid, %(owner)s::text, %(version)s, %(metadata)s)
on conflict (bucket_id, name) do update
set owner = excluded.owner, owner_id = excluded.owner_id, version = excluded.version, metadata = excluded.metadata
"""


@dataclass(frozen=True, slots=True)
class Uploads:
    """A queue whose Storage finishes uploads."""

    queue: Queue

    def folder(self, prefix: str = f"{OWNER}/", **columns: object) -> UUID:
        """Make a folder as the administrator; the owner is null unless it is given."""
        values = {"path_prefix": prefix, "target": "people", "owner": None, **columns}
        names, places = ", ".join(values), ", ".join(["%s"] * len(values))
        return self.queue.value(
            f"insert into public.import_folders ({names}) values ({places}) returning id", *values.values()
        )

    def finish(self, name: str, owner: object = OWNER, bucket: str = "imports", **columns: object) -> str:
        """Finish an upload as Storage does, in a transaction of the service with its claims; return the version."""
        values = {
            "bucket": bucket,
            "name": name,
            "owner": None if owner is None else str(owner),
            "version": str(uuid4()),
            "metadata": Jsonb(METADATA),
            **columns,
        }
        with self.queue.db.connect("service_role") as storage, storage.transaction():
            for setting in ("request.jwt.claim.role", "request.jwt.claim.sub", "request.jwt.claims"):
                value = {"claims": json.dumps({"role": "service_role"}), "sub": "", "role": "service_role"}
                storage.execute("select set_config(%s, %s, true)", [setting, value[setting.rpartition(".")[2]]])
            storage.execute(UPSERT, values)
            assert storage.execute("select auth.uid(), auth.role()").fetchone() == (None, "service_role")
        return str(values["version"])

    def jobs(self, *columns: str) -> list[Any]:
        """Return columns of all jobs, the oldest first; a single column as its values."""
        names = ", ".join(columns or ("object_path",))
        rows = self.queue.admin.execute(f"select {names} from public.import_jobs order by created_at, id").fetchall()
        return [row[0] if len(row) == 1 else row for row in rows]

    def error(self) -> str | None:
        """Return the last error of the only folder."""
        return self.queue.value("select last_error from public.import_folders")


def clear(queue: Queue) -> None:
    """Remove the folders and rows of earlier tests."""
    queue.admin.execute("delete from public.import_folders")
    with queue.db.connect("supabase_admin") as superuser:
        superuser.execute("set storage.allow_delete_query = 'true'")
        superuser.execute("delete from storage.objects; delete from storage.buckets where id <> 'imports'")
