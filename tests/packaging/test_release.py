"""scripts/release: what it refuses, in one line with a hint, before it builds; and the whole build."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest

from hatch_build import TARGETS
from scripts.release_steps import changelog, checksums, image, places, publish, schema_record, version
from scripts.release_steps.failure import ReleaseError
from scripts.release_steps.version import Version
from tests.packaging import release_repository
from tests.packaging.release_repository import CHECKED, ROOT, commit, git, release

NEXT = Version("9.1.0")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository in which the release 9.1.0 is prepared and committed."""
    files = (*CHECKED, *(place.files for place in places.PLACES))
    folder = release_repository.copy(tmp_path_factory.mktemp("prepared"), *files)
    text = (folder / "CHANGELOG.md").read_text(encoding="utf-8")
    if changelog.UNRELEASED not in text:
        # Right after a release there is no such section.
        (folder / "CHANGELOG.md").write_text(f"# Changelog\n\n{changelog.UNRELEASED}\n\n- News.\n", encoding="utf-8")
        commit(folder)
    done = release(folder, "9.1.0", "--prepare")
    assert done.returncode == 0, done.stderr
    commit(folder)
    return folder


@pytest.fixture
def repository(prepared: Path, tmp_path: Path) -> Path:
    return shutil.copytree(prepared, tmp_path / "repository")


def test_prepared_release_passes_every_check(prepared: Path) -> None:
    done = release(prepared, "9.1.0", "--check")
    assert (done.returncode, done.stderr) == (0, "")
    dated = r"^## 9\.1\.0 \(\d{4}-\d\d-\d\d\)$"
    assert re.search(dated, (prepared / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    assert places.differences(prepared, NEXT) == []
    assert (prepared / "tests" / "upgrade" / "schema-9.1.0.sql").read_bytes() == (
        prepared / "supabase" / "schema.sql"
    ).read_bytes()


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ((), 2, "the following arguments are required: VERSION — Run scripts/release VERSION"),
        (("v9.1.0",), 2, '"v9.1.0" is not the version of a release — Run scripts/release VERSION'),
        (("9.1.0", "--all"), 2, "unrecognized arguments: --all — Run scripts/release VERSION"),
        (("9.2.0",), 1, "CHANGELOG.md has no section 9.2.0 — Write"),
    ],
)
def test_bad_input_is_one_line(prepared: Path, arguments: tuple[str, ...], status: int, said: str) -> None:
    done = release(prepared, *arguments)
    (line,) = done.stderr.splitlines()
    assert (done.returncode, line[: len(said) + 7]) == (status, f"error: {said}")


def test_file_that_is_not_committed_is_named(repository: Path) -> None:
    (repository / "new.txt").write_text("", encoding="utf-8")
    for arguments in (("9.1.0",), ("9.1.0", "--prepare")):
        done = release(repository, *arguments)
        assert (done.returncode, done.stderr) == (
            1,
            "error: 1 file(s) are not committed: new.txt — Commit or remove them.\n",
        )


def test_tag_of_another_commit_is_refused(repository: Path) -> None:
    git(repository, "tag", "--annotate", "v9.1.0", "--message", "Release")
    assert release(repository, "9.1.0", "--check").returncode == 0
    git(repository, "commit", "--quiet", "--allow-empty", "--message", "Later")
    done = release(repository, "9.1.0", "--check")
    assert (done.returncode, done.stderr) == (
        1,
        "error: v9.1.0 is the tag of another commit — Release the next version.\n",
    )


@pytest.mark.parametrize(
    "changed",
    [
        "supabase/migrations/29990101000000_later.sql",
        "supabase/schema.sql",
        "tests/upgrade/migrations-9.1.0.sha256",
        "tests/upgrade/schema-9.1.0.sql",
    ],
)
def test_other_schema_than_the_recorded_one_is_refused(repository: Path, changed: str) -> None:
    schema_record.check(repository, NEXT)
    with (repository / changed).open("a", encoding="utf-8") as file:
        file.write("-- changed\n")
    with pytest.raises(ReleaseError, match=r"has another schema than supabase/ — Run scripts/release 9\.1\.0"):
        schema_record.check(repository, NEXT)


def test_release_without_a_recorded_schema_is_refused(prepared: Path) -> None:
    with pytest.raises(ReleaseError, match=r"migrations-9\.2\.0\.sha256 is missing — Run scripts/release 9\.2\.0"):
        schema_record.check(prepared, Version("9.2.0"))


@pytest.mark.parametrize("place", places.PLACES, ids=lambda place: f"{place.files}-{place.spelling}")
def test_every_place_is_compared(prepared: Path, tmp_path: Path, place: places.Place) -> None:
    """Of each file one place at a time, its last one, has another version, and then none."""
    for other in places.PLACES:
        for path in prepared.glob(other.files):
            (tmp_path / path.relative_to(prepared)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, tmp_path / path.relative_to(prepared))
    assert places.differences(tmp_path, NEXT) == []
    path = sorted(tmp_path.glob(place.files))[-1]
    text = path.read_text(encoding="utf-8")
    *_, last = re.finditer(place.pattern, text, re.M)
    name = path.relative_to(tmp_path).as_posix()
    path.write_text(f"{text[: last.start(1)]}9.0.0{text[last.end(1) :]}", encoding="utf-8")
    assert places.differences(tmp_path, NEXT) == [places.Difference(name, "9.0.0")]
    path.unlink()
    missing = name if "*" not in place.files else None
    assert [difference.file for difference in places.differences(tmp_path, NEXT)] == [missing] * bool(missing)


@pytest.mark.parametrize(
    "text", ["", "1", "1.2", "1.2.3.4", "v1.2.3", "1.2.3.dev0", "01.2.3", "1.2.3-rc.1", "1.2.3\n", "١.٢.٣"]
)
def test_text_that_is_no_version(text: str) -> None:
    with pytest.raises(ReleaseError, match="is not the version of a release"):
        version.parse(text)


def test_version_is_spelled_for_npm_and_git() -> None:
    spelled = [(v.python, v.npm, v.tag) for v in map(version.parse, ("0.2.0", "10.20.30rc4", "1.0.0a1"))]
    assert spelled == [
        ("0.2.0", "0.2.0", "v0.2.0"),
        ("10.20.30rc4", "10.20.30-rc.4", "v10.20.30rc4"),
        ("1.0.0a1", "1.0.0-a.1", "v1.0.0a1"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("## 9.1.0\n\n- News.\n", "has no date"),
        ("## 9.1.0 (28.11.2026)\n\n- News.\n", "has no date"),
        ("## 9.1.0 (2026-02-30)\n\n- News.\n", "has no date"),
        ("## 9.1.0 (20261128)\n\n- News.\n", "has no date"),
        ("## 9.1.0 (2026-11-28)\n\n## 9.0.0 (2026-11-01)\n\n- News.\n", "is empty"),
        ("## 9.1.01 (2026-11-28)\n\n- News.\n", "has no section"),
        ("## 9x1.0 (2026-11-28)\n\n- News.\n", "has no section"),
    ],
)
def test_section_of_the_changelog_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\n{text}", encoding="utf-8")
    with pytest.raises(ReleaseError, match=message):
        changelog.check(tmp_path, NEXT)


def test_section_of_the_changelog_ends_at_the_next_one(tmp_path: Path) -> None:
    text = "## 9.1.0 (2026-11-28)\n\n- News.\n\n### More\n\n## 9.0.0\n\n- Old.\n"
    (tmp_path / "CHANGELOG.md").write_text(text, encoding="utf-8")
    assert changelog.check(tmp_path, NEXT) == "- News.\n\n### More"


def test_nothing_is_published_while_a_credential_is_absent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = tmp_path / "ran"
    listed = [[sys.executable, "-c", f"open({str(ran)!r}, 'w')"]]
    (tmp_path / "import-jobs-9.1.0.image.tar").touch()
    absent = publish.missing(tmp_path, {"TWINE_PASSWORD": "", "NPM_CONFIG_USERCONFIG": "/x"})
    assert [text.split()[1] for text in absent[:2]] == ["TWINE_PASSWORD", "IMPORT_JOBS_IMAGE"]
    with pytest.raises(ReleaseError, match="nothing was published"):
        publish.publish(listed, absent)
    assert str(ran) in capsys.readouterr().out
    assert not ran.exists()


def test_publishing_stops_at_the_first_failure_and_says_what_remains(tmp_path: Path) -> None:
    ran = [tmp_path / str(number) for number in range(3)]
    listed = [[sys.executable, "-c", f"open({str(path)!r}, 'x')"] for path in ran]
    ran[1].touch()  # so that the second command fails
    with pytest.raises(ReleaseError, match="command 2 of 3 failed") as failure:
        publish.publish(listed, [])
    assert (ran[0].exists(), ran[2].exists()) == (True, False)
    assert str(ran[2]) in failure.value.hint
    assert str(ran[0]) not in failure.value.hint


@pytest.mark.parametrize(("name", "chosen"), [("9.1.0", []), ("9.1.0rc1", ["--tag", "next"])])
def test_commands_that_publish(tmp_path: Path, name: str, chosen: list[str]) -> None:
    for file in ("a.whl", "b.tar.gz", "SHA256SUMS"):
        (tmp_path / file).touch()
    listed = publish.commands(tmp_path, version.parse(name), {}, ROOT)
    assert listed[0][1:] == ["-m", "twine", "upload", "--non-interactive", f"{tmp_path}/a.whl", f"{tmp_path}/b.tar.gz"]
    spelled = version.parse(name).npm
    for command, package in zip(listed[1:3], ("import-jobs", "import-jobs-importer"), strict=True):
        assert command[2:] == ["publish", f"{tmp_path}/{package}-{spelled}.tgz", *chosen]
    assert [command[3:5] for command in listed[3:]] == [["tag", "--annotate"], ["push", "origin"]]


def test_checksums_are_those_that_sha256sum_reads(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"abc")
    (tmp_path / "a").write_bytes(b"")
    checksums.write(tmp_path)
    assert checksums.write(tmp_path).read_text(encoding="utf-8") == (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  a\n"
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  b\n"
    )


def test_digest_in_the_dockerfile_stays(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(f"ARG BASE_IMAGE=a/b:1@sha256:{'0' * 64}\nFROM x\n", encoding="utf-8")
    assert image.base(tmp_path) == f"a/b:1@sha256:{'0' * 64}"
    (tmp_path / "Dockerfile").write_text("FROM x\n", encoding="utf-8")
    assert image.base(tmp_path) is None


@pytest.mark.nightly
def test_release_is_built_tried_and_complete(tmp_path: Path) -> None:
    folder = release_repository.copy(tmp_path / "repository")
    assert release(folder, "9.1.0", "--prepare").returncode == 0
    commit(folder)
    output = tmp_path / "output"
    done = release(folder, "9.1.0", "--publish", "--output", str(output), TWINE_PASSWORD="", NPM_CONFIG_USERCONFIG="")
    assert (done.returncode, done.stderr.startswith("error: nothing was published — ")) == (1, True), done.stderr
    of_image = {"import-jobs-9.1.0.image.tar", "import-jobs-9.1.0.image.cdx.json"}
    names = {path.name for path in output.iterdir()} - of_image
    assert names == {
        *(f"import_jobs-9.1.0-py3-none-{platform}.whl" for platform in TARGETS),
        *("import_jobs-9.1.0.tar.gz", "import-jobs-9.1.0.tgz", "import-jobs-importer-9.1.0.tgz"),
        *("import-jobs-9.1.0.cdx.json", "SHA256SUMS"),
    }
    tried = [line for line in done.stdout.splitlines() if line.startswith("tried ")]
    assert len(tried) == 3
    assert release(folder, "9.1.0", "--output", str(output)).stderr.startswith(f"error: {output} exists — ")
