"""One quote or delimiter too many or too few costs a row, and moves no value to another column without a word."""

import random
from collections import Counter

import pytest

from processor.errors import JobError
from tests.unit.polluted_files import clean_file, load, moved_rows, polluted

FILES = 400


def test_clean_files_are_loaded_as_they_are() -> None:
    rng = random.Random(1)  # noqa: S311
    for _ in range(100):
        file = clean_file(rng)
        assert load(file.text, file.names) == (file.rows, [])


@pytest.mark.parametrize("seed", [1, 2])
def test_no_value_moves(seed: int) -> None:
    rng, outcomes = random.Random(seed), Counter[str]()  # noqa: S311
    for _ in range(FILES):
        file = clean_file(rng)
        text = polluted(file, rng)
        try:
            loaded = load(text, file.names)
        except JobError as error:
            outcomes[error.code] += 1
            continue
        assert moved_rows(file, loaded) == [], text
        assert len(loaded.rows) + sum(record.count("\n") + 1 for _, record in loaded.rejected) >= len(file.rows)
        outcomes.update(code for code, _ in loaded.rejected)
    print(outcomes)
