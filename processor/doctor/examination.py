"""The whole examination: all groups of checks in the order in which people should look at them."""

from collections.abc import Iterator

from processor.doctor import bells, database, in_sql, storage
from processor.doctor.check import Problem, Result, run
from processor.doctor.installation import Installation


def examine(installation: Installation) -> Iterator[Result]:
    """Yield the result of each check: within a second where all is well, and 60 s where nothing answers."""
    sound: set[str] = set()
    yield from run(database.CHECKS, installation, sound)
    yield from in_sql.run(installation, sound)
    yield from run(bells.CHECKS, installation, sound)
    yield from run(storage.CHECKS, installation, sound)


def problems(results: list[Result]) -> list[Result]:
    """Return the results that are problems."""
    return [result for result in results if isinstance(result.answer, Problem)]
