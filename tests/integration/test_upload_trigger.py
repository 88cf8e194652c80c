"""The trigger of import on upload: what it does to the transaction of Storage, and where it is installed."""

import pytest
from psycopg.types.json import Jsonb

from processor.database import migrate
from tests.integration.queue_harness import OWNER
from tests.integration.uploads_harness import INSERT_OBJECT, METADATA, OWN, Uploads


def test_ring_goes_out_with_the_upload(uploads: Uploads) -> None:
    uploads.folder()
    with uploads.queue.db.connect() as listener:
        listener.execute("listen import_jobs")
        uploads.finish(OWN)
        assert len(list(listener.notifies(timeout=5, stop_after=1))) == 1


@pytest.mark.parametrize("broken", ["alter table public.import_jobs rename to gone", "drop table importer.uploads"])
def test_upload_never_fails(uploads: Uploads, broken: str) -> None:
    """Whatever is broken on our side, the transaction of Storage commits."""
    uploads.folder()
    with uploads.queue.db.connect() as admin, admin.transaction(force_rollback=True):
        admin.execute(broken)
        admin.execute(INSERT_OBJECT, [OWN, str(OWNER), Jsonb(METADATA)])
        assert admin.execute("select count(*) from storage.objects").fetchone() == (1,)


def test_upload_does_not_wait_for_a_locked_folder(uploads: Uploads) -> None:
    uploads.folder()
    with uploads.queue.db.connect() as admin, admin.transaction():
        admin.execute("lock table public.import_folders in access exclusive mode")
        uploads.finish(OWN)
    assert uploads.jobs() == []


def test_claims_of_the_request_are_as_before(uploads: Uploads) -> None:
    uploads.folder()
    uploads.folder("shared/")
    claims = f'{{"sub": "{OWNER}", "role": "authenticated", "aal": "aal2"}}'
    with uploads.queue.user() as user, user.transaction():
        user.execute("select set_config('request.jwt.claims', %s, true)", [claims])
        user.execute("select set_config('request.jwt.claim.sub', %s, true)", [str(OWNER)])
        user.execute(INSERT_OBJECT, [OWN, str(OWNER), Jsonb(METADATA)])
        settings = "select current_setting('request.jwt.claims'), current_setting('request.jwt.claim.sub')"
        assert user.execute(settings).fetchone() == (claims, str(OWNER))
    claims_of_job = uploads.queue.value("select claims from importer.job_identities")
    assert set(claims_of_job) == {"sub", "role"}


def test_trigger_is_installed_once_and_again(uploads: Uploads) -> None:
    admin = uploads.queue.admin
    assert admin.execute("select importer.install_upload_trigger()").fetchone() == (True,)
    with admin.transaction(force_rollback=True):
        admin.execute("set local role supabase_storage_admin")
        admin.execute('drop trigger "import-jobs: import on upload" on storage.objects')
        admin.execute("set local role postgres")
        uploads.folder()
        migrate.install_late_parts(admin)
        admin.execute(INSERT_OBJECT, [OWN, str(OWNER), Jsonb(METADATA)])
        assert admin.execute("select object_path from public.import_jobs").fetchall() == [(OWN,)]


def test_database_without_storage_says_so(uploads: Uploads) -> None:
    notices: list[str] = []
    with uploads.queue.db.connect("supabase_admin") as superuser, superuser.transaction(force_rollback=True):
        superuser.add_notice_handler(lambda notice: notices.append(notice.message_primary or ""))
        superuser.execute("drop schema storage cascade")
        assert superuser.execute("select importer.install_upload_trigger()").fetchone() == (False,)
    assert "import on upload is not installed: there is no table storage.objects" in notices


def test_role_that_may_not_create_the_trigger_is_told(uploads: Uploads) -> None:
    notices: list[str] = []
    with uploads.queue.db.connect("supabase_admin") as superuser, superuser.transaction(force_rollback=True):
        superuser.execute('drop trigger "import-jobs: import on upload" on storage.objects')
        superuser.execute(
            "revoke trigger on storage.objects from postgres, anon, authenticated, service_role;"
            " revoke supabase_storage_admin from postgres"
        )
        superuser.execute("set local role postgres")
        superuser.add_notice_handler(lambda notice: notices.append(notice.message_primary or ""))
        assert superuser.execute("select importer.install_upload_trigger()").fetchone() == (False,)
    assert notices == [
        "import on upload is not installed: the role postgres may not create a trigger on storage.objects"
    ]
