"""`--prepare`: write what a release changes in the repository, for a commit."""

from datetime import date
from pathlib import Path

from scripts.release_steps import changelog, places, repository, schema_record
from scripts.release_steps.failure import ReleaseError
from scripts.release_steps.version import Version


def prepare(root: Path, version: Version, today: date) -> list[str]:
    """Write the version, the date of the changelog's section and the schema of the release; return the files' names.

    Raises: ReleaseError.
    """
    repository.check_clean(root)
    repository.check_no_tag(root, version)
    if not changelog.write(root, version, today):
        try:
            changelog.check(root, version)
        except ReleaseError as exc:
            raise ReleaseError(
                f'{changelog.FILE} has no section "{changelog.UNRELEASED}"', "Add one that says what changes."
            ) from exc
    places.write(root, version)
    schema_record.write(root, version)
    return repository.changed(root)
