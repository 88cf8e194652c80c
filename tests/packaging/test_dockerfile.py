"""The image: what the Dockerfile says, and what comes out of its steps where there is no Docker engine."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tarfile
import tempfile
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import httpx
import psycopg
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from processor.local.ports import free_port
from tests.conftest import Database
from tests.packaging.dockerfile import ROOT, Image, copy_of, files_of, pairs_of, steps
from tests.servers import SECRET_KEY, StorageApi, StorageFiles, storage_api
from tests.waiting import until

TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8")
LAST_STAGE = steps(TEXT)[[step.name for step in steps(TEXT)].index("FROM", 2) :]
# Compressed, python:3.13-slim has some 45 MB for amd64 and for arm64.
LIMIT, BASE = 250_000_000, 45_000_000
USER = "65532"


def value_of(name: str) -> str:
    """Return the arguments of the only instruction of the last stage with this name."""
    (step,) = [step for step in LAST_STAGE if step.name == name]
    return step.text


def test_base_is_an_argument_and_named_by_its_tag() -> None:
    first = steps(TEXT)[0]
    assert first.name == "ARG"
    assert re.fullmatch(r"BASE_IMAGE=[\w./-]+:[\w.-]+", first.text)
    assert {step.text.split()[0] for step in steps(TEXT) if step.name == "FROM"} == {"${BASE_IMAGE}"}


def test_nothing_is_run_or_downloaded_in_the_last_stage() -> None:
    assert {step.name for step in LAST_STAGE} & {"RUN", "ADD"} == set()
    assert {copy_of(step).stage for step in LAST_STAGE if step.name == "COPY"} == {"build"}


def test_user_is_a_number_and_not_root() -> None:
    assert value_of("USER") == f"{USER}:{USER}"
    assert f"--chown={USER}:{USER} /rootfs /" in TEXT


def test_everything_that_is_written_is_in_the_volume() -> None:
    assert value_of("VOLUME") == "/spool"
    (step,) = [step for step in LAST_STAGE if step.name == "ENV"]
    env = pairs_of(step)
    assert {env[name] for name in ("HOME", "TMPDIR", "IMPORT_JOBS_SPOOL_DIR")} == {"/spool"}
    assert env["PYTHONDONTWRITEBYTECODE"] == "1"
    # Cloud Run, Render and others say by PORT where a container has to listen.
    assert {"PORT", "IMPORT_JOBS_PORT"} & set(env) == set()


def test_entry_point_is_the_command() -> None:
    assert (value_of("ENTRYPOINT"), value_of("CMD")) == ('["import-jobs"]', '["serve"]')
    assert value_of("EXPOSE") == "8080"
    assert "curl" not in value_of("HEALTHCHECK")


def test_labels_are_those_of_the_specification() -> None:
    (step,) = [step for step in LAST_STAGE if step.name == "LABEL"]
    labels = {name.removeprefix("org.opencontainers.image."): value for name, value in pairs_of(step).items()}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert labels.pop("description")
    assert labels == {
        "title": project["name"],
        "licenses": project["license"],
        "version": "${VERSION}",
        "revision": "${REVISION}",
        "base.name": "${BASE_IMAGE}",
    }


def test_context_has_what_is_copied_and_nothing_that_is_generated() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    copied = {name for step in steps(TEXT) if step.name == "COPY" for name in copy_of(step).sources}
    assert lines[1] == "*"
    assert {line[1:] for line in lines if line.startswith("!")} == {name for name in copied if name[0] != "/"}
    assert {"**/__pycache__", "**/node_modules", "processor/native/kernels.*"} <= set(lines)


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    """The image as its steps make it: packages from the registry, kernels compiled."""
    folder = Path(tempfile.mkdtemp(prefix="import-jobs-image-"))
    folder.chmod(0o711)
    try:
        yield Image(folder).build(TEXT)
    finally:
        shutil.rmtree(folder)


@pytest.mark.nightly
def test_compressed_image_is_small(image: Image) -> None:
    archive = image.folder / "layers.tar.gz"
    with tarfile.open(archive, "w:gz", compresslevel=6) as tar:
        tar.add(image.root, "/")
    assert archive.stat().st_size + BASE <= LIMIT


@pytest.mark.nightly
def test_image_has_the_product_and_neither_compiler_nor_installer(image: Image) -> None:
    (packages,) = image.root.glob("opt/import-jobs/lib/python3.*/site-packages")
    assert (packages / "processor" / "native" / "kernels.so").is_file()
    names = {path.name.partition("-")[0] for path in packages.iterdir()}
    assert names & {"pip", "setuptools", "hatchling", "ziglang", "cyclonedx_bom", "pytest", "tests"} == set()
    assert not (image.root / "src").exists()


@pytest.mark.nightly
def test_list_of_components_is_complete(image: Image) -> None:
    sbom = json.loads((image.root / "opt/import-jobs/sbom.cdx.json").read_text(encoding="utf-8"))
    assert (sbom["bomFormat"], sbom["metadata"]["component"]["name"]) == ("CycloneDX", "import-jobs")
    listed = {canonicalize_name(component["name"]): component["version"] for component in sbom["components"]}
    (packages,) = image.root.glob("opt/import-jobs/lib/python3.*/site-packages")
    installed = {canonicalize_name(path.name.split("-")[0]) for path in packages.glob("*.dist-info")}
    assert installed - {"import-jobs"} <= set(listed)
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    for requirement in map(Requirement, wanted):
        if requirement.marker is None or requirement.marker.evaluate():
            assert requirement.specifier.contains(listed[canonicalize_name(requirement.name)]), requirement


@pytest.mark.nightly
def test_entry_point_says_its_version(image: Image) -> None:
    done = subprocess.run(
        image.command("--version"), env=image.environment(), capture_output=True, text=True, check=True
    )
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert done.stdout == f"import-jobs {version}\n"


@pytest.mark.nightly
def test_image_imports_a_file_as_a_user_without_rights_on_a_read_only_file_system(image: Image, db: Database) -> None:
    before = list(files_of(image.root / "opt"))
    with storage_api(db.url("supabase_storage_admin")) as storage, db.connect() as conn:
        conn.execute("create table public.people (id bigint primary key, name text not null)")
        conn.execute("select importer.register_target('public.people')")
        env = serving(image, db, storage)
        assert health(image, env) == 1
        with subprocess.Popen(image.command(), env=env, cwd="/", stderr=subprocess.PIPE) as process:
            try:
                until(lambda: process.poll() is not None or is_ready(env["PORT"]), "a processor that is ready")
                assert process.poll() is None, process.stderr and process.stderr.read()
                assert health(image, env) == 0
                job = insert(conn, storage)
                until(lambda: status(conn, job)[0] != "running" and status(conn, job)[0] != "pending", "the end")
                assert status(conn, job) == ("completed", 2, 1)
            finally:
                process.terminate()
        assert health(image, env) == 1
        assert conn.execute("select * from public.people order by id").fetchall() == [(1, "Ana"), (2, "Bruno")]
    assert list(files_of(image.root / "opt")) == before


def serving(image: Image, db: Database, storage: StorageApi) -> dict[str, str]:
    """Return the variables of a processor on this database and Storage, at a free port."""
    return {
        **image.environment(),
        "DATABASE_URL": db.processor_url,
        "SUPABASE_URL": storage.origin,
        "SUPABASE_SECRET_KEY": SECRET_KEY,
        "PORT": str(free_port()),
    }


def health(image: Image, env: dict[str, str]) -> int:
    """Return the exit status of the health check."""
    return subprocess.run(image.health_check(), env=env, cwd="/", timeout=60, check=False).returncode


def is_ready(port: str) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/ready", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def insert(conn: psycopg.Connection, storage: StorageApi) -> UUID:
    """Upload a file with a bad row, and insert its job."""
    path = StorageFiles(storage.origin, SECRET_KEY).upload(
        b"id,name\n1,Ana\nx,Eva\n2,Bruno\n", f"service/{time.time_ns()}/p.csv"
    )
    row = conn.execute(
        "insert into public.import_jobs (object_path, target) values (%s, 'people') returning id", [path]
    )
    return row.fetchone()[0]


def status(conn: psycopg.Connection, job: UUID) -> tuple[str, int, int]:
    """Return the status of the job, and how many rows it has loaded and rejected."""
    row = conn.execute("select status, rows_loaded, rows_rejected from public.import_jobs where id = %s", [job])
    return row.fetchone()
