"""What must be true before anything of a release is built."""

from pathlib import Path

from scripts.release_steps import changelog, places, repository, schema_record
from scripts.release_steps.failure import ReleaseError
from scripts.release_steps.version import Version


def check(root: Path, version: Version) -> None:
    """Check that the commit is the one of this version, and nothing else.

    Raises: ReleaseError for the first thing that is wrong.
    """
    repository.check_clean(root)
    repository.check_no_tag(root, version)
    changelog.check(root, version)
    if differing := places.differences(root, version):
        files = ", ".join(map(str, differing))
        raise ReleaseError(
            f"these files name another version than {version.python}: {files}",
            f"Run scripts/release {version.python} --prepare and commit.",
        )
    schema_record.check(root, version)
