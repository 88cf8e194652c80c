"""What the environment may say of sizes."""

import pytest

from processor.config import MOST_BYTES, BadEnvironment, Config, from_environment

NEEDED = {"DATABASE_URL": "postgresql://x", "SUPABASE_URL": "https://x", "SUPABASE_SECRET_KEY": "x"}
LIMITED = ["IMPORT_JOBS_CHUNK_BYTES", "IMPORT_JOBS_MAX_RECORD_BYTES"]


def read(name: str, value: str) -> Config:
    return from_environment(NEEDED | {name: value})


@pytest.mark.parametrize("name", LIMITED)
@pytest.mark.parametrize("value", ["1024", str(MOST_BYTES)])
def test_a_size_within_its_limits_is_taken(name: str, value: str) -> None:
    config = read(name, value)
    assert int(value) in (config.chunk_bytes, config.max_record_bytes)


@pytest.mark.parametrize("name", LIMITED)
@pytest.mark.parametrize("value", ["1023", str(MOST_BYTES + 1), "3e9", "inf", "nan", "-1", "many"])
def test_a_size_that_columns_cannot_point_into_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(BadEnvironment, match=rf"^{name} must be a number from 1024 to {MOST_BYTES}$"):
        read(name, value)


@pytest.mark.parametrize("value", ["inf", "nan", "0"])
def test_a_number_without_an_upper_limit_is_still_a_number(value: str) -> None:
    with pytest.raises(BadEnvironment, match=r"^IMPORT_JOBS_MAX_JOBS must be a number of at least 1$"):
        read("IMPORT_JOBS_MAX_JOBS", value)
