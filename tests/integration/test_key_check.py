"""processor.storage.key_check: what a key of Storage is found to be when the processor starts."""

import pytest

from processor.errors import ObjectNotFound, SourceRefused, SourceUnavailable
from processor.storage.key_check import key_error
from tests.conftest import Database
from tests.integration.storage_harness import make_bucket
from tests.servers import PUBLISHABLE_KEY, SECRET_KEY, StorageApi, token


def test_key_is_good_once_the_bucket_is_there(storage: tuple[StorageApi, Database]) -> None:
    api, database = storage
    assert type(key_error(api.origin, SECRET_KEY)) is ObjectNotFound
    make_bucket(database.admin_url, "imports")
    assert key_error(api.origin, SECRET_KEY) is None
    assert key_error(api.origin, token(None, "service_role")) is None


@pytest.mark.parametrize(
    "key",
    [
        "sb_secret_unknown",
        PUBLISHABLE_KEY,
        token(None, "anon"),
        token(),
        token(None, "service_role", secret="the secret of another project"),
        token(None, "service_role", seconds=-60),
        "text",
        "a.b.c",
    ],
)
def test_key_with_which_no_job_could_succeed_is_refused(storage: tuple[StorageApi, Database], key: str) -> None:
    assert type(key_error(storage[0].origin, key)) is SourceRefused


def test_storage_that_is_away_may_come_back() -> None:
    assert type(key_error("http://127.0.0.1:9", SECRET_KEY)) is SourceUnavailable
