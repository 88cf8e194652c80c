"""public.import_folders: who may make which folder, and what a folder may say."""

import pytest
from psycopg.types.json import Jsonb

from tests.integration.queue_harness import OTHER, OWNER, Queue, raises
from tests.integration.uploads_harness import Uploads

FOLDER = "insert into public.import_folders (path_prefix, target{}) values (%s, 'people'{}) returning owner"


@pytest.fixture
def uploads(queue: Queue) -> Uploads:
    return Uploads(queue)


@pytest.mark.parametrize("prefix", [f"{OWNER}/", f"{OWNER}/inbox/", f"{OWNER}/a b/ç/"])
def test_user_makes_folders_below_the_users_id(uploads: Uploads, prefix: str) -> None:
    with uploads.queue.user() as user:
        assert user.execute(FOLDER.format("", ""), [prefix]).fetchone() == (OWNER,)
        user.execute("update public.import_folders set target = 'orders'")
        assert user.execute("select target, last_error from public.import_folders").fetchall() == [("orders", None)]
        user.execute("delete from public.import_folders")
    assert uploads.queue.value("select count(*) from public.import_folders") == 0


@pytest.mark.parametrize("prefix", ["", "shared/", f"{OTHER}/", f"{OWNER}x/"])
def test_user_makes_no_other_folder(uploads: Uploads, prefix: str) -> None:
    with uploads.queue.user() as user, raises("42501"):
        user.execute(FOLDER.format("", ""), [prefix])


@pytest.mark.parametrize(
    ("column", "value"),
    [("bucket_id", "'avatars'"), ("owner", f"'{OTHER}'"), ("allow_unowned", "true"), ("last_error", "''")],
)
def test_user_sets_no_other_column(uploads: Uploads, column: str, value: str) -> None:
    with uploads.queue.user() as user, raises("42501"):
        user.execute(FOLDER.format(f", {column}", f", {value}"), [f"{OWNER}/"])
    uploads.folder(owner=OWNER)
    with uploads.queue.user() as user, raises("42501"):
        user.execute(f"update public.import_folders set {column} = {value}")


@pytest.mark.parametrize(
    "prefix", ["inbox", "/inbox/", "a//b/", "../a/", "a/../b/", "a/./", "a\nb/", "a\\b/", "a" * 1001 + "/"], ids=ascii
)
def test_prefix_must_be_the_path_of_a_folder(uploads: Uploads, prefix: str) -> None:
    with raises("IJ107"):
        uploads.folder(prefix)


def test_options_are_checked(uploads: Uploads) -> None:
    with raises("IJ102"):
        uploads.folder(options=Jsonb({"no": 1}))


def test_number_of_folders_of_an_owner_is_limited(uploads: Uploads) -> None:
    for number in range(100):
        uploads.folder(f"{OWNER}/{number}/", owner=OWNER)
    with raises("IJ114"):
        uploads.folder(f"{OWNER}/x/", owner=OWNER)
    uploads.folder(f"{OTHER}/x/", owner=OTHER)


def test_folders_of_others_are_not_visible(uploads: Uploads) -> None:
    uploads.folder(owner=OWNER)
    uploads.folder("shared/")
    with uploads.queue.user(OTHER) as other:
        assert other.execute("select * from public.import_folders").fetchall() == []
        assert other.execute("delete from public.import_folders").rowcount == 0
    with uploads.queue.db.connect("anon") as anon, raises("42501"):
        anon.execute("select * from public.import_folders")


def test_prefix_is_used_once(uploads: Uploads) -> None:
    uploads.folder()
    with raises("23505"):
        uploads.folder()
