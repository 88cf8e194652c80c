"""The environment variables: which values are accepted, and the error for every other."""

import pytest

from processor.config import MAX_CHUNK_BYTES, BadEnvironment, Config, from_environment

REQUIRED = {"DATABASE_URL": "postgresql://x", "SUPABASE_URL": "https://x", "SUPABASE_SECRET_KEY": "x"}
CHUNK_SIZES = ["IMPORT_JOBS_CHUNK_BYTES", "IMPORT_JOBS_MAX_RECORD_BYTES"]


def read(name: str, value: str) -> Config:
    return from_environment(REQUIRED | {name: value})


@pytest.mark.parametrize("name", CHUNK_SIZES)
@pytest.mark.parametrize("value", ["1024", str(MAX_CHUNK_BYTES)])
def test_size_within_the_limits_is_accepted(name: str, value: str) -> None:
    config = read(name, value)
    assert int(value) in (config.chunk_bytes, config.max_record_bytes)


@pytest.mark.parametrize("name", CHUNK_SIZES)
@pytest.mark.parametrize("value", ["1023", str(MAX_CHUNK_BYTES + 1), "3e9", "inf", "nan", "-1", "many"])
def test_size_outside_the_limits_is_an_error_that_names_the_variable(name: str, value: str) -> None:
    with pytest.raises(BadEnvironment, match=rf"^{name} must be a number from 1024 to {MAX_CHUNK_BYTES}$"):
        read(name, value)


@pytest.mark.parametrize("value", ["inf", "nan", "0"])
def test_infinity_is_an_error_without_an_upper_limit_too(value: str) -> None:
    with pytest.raises(BadEnvironment, match=r"^IMPORT_JOBS_MAX_JOBS must be a number of at least 1$"):
        read("IMPORT_JOBS_MAX_JOBS", value)
