"""A wheel holds the product alone, and it works where there is no checkout."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg
import pytest

ROOT = Path(__file__).parents[2]
GENERATED = shutil.ignore_patterns("__pycache__", "kernels.*", ".temp")
READY_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Installation:
    """An installed wheel and the folder in which its commands run; neither is part of the checkout."""

    python: Path
    folder: Path
    env: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def command(self) -> str:
        """The path of the installed `import-jobs`."""
        return str(self.python.with_name("import-jobs"))

    def run(self, *arguments: str) -> str:
        """Run a command that must succeed; return its standard output."""
        done = subprocess.run(arguments, cwd=self.folder, env=self.env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout

    def import_jobs(self, *arguments: str) -> str:
        """Run `import-jobs`, which must succeed; return its standard output."""
        return self.run(self.command, *arguments)

    def with_env(self, env: Mapping[str, str]) -> "Installation":
        """Return the same installation with more environment variables."""
        return Installation(self.python, self.folder, {**self.env, **env})


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from the files that the Dockerfile copies; the build does not change the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in sources_in_dockerfile():
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=GENERATED)
        else:
            shutil.copy2(ROOT / name, source / name)
    # The backend and the compiler are installed already, in the versions that the build would download.
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    done = subprocess.run(build, cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    return built


def sources_in_dockerfile() -> list[str]:
    """Return the files and folders that the Dockerfile copies."""
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    copies = [line.split()[1:-1] for line in lines if line.startswith("COPY ")]
    return [name for names in copies if not names[0].startswith("--from=") for name in names]


@pytest.fixture(scope="module")
def installation(wheel: Path) -> Iterator[Installation]:
    """Install the wheel into a new virtual environment, where it finds its dependencies in this one's packages."""
    # Not below pytest's folder: the account that runs the database cannot enter that when the tests run as root.
    folder = Path(tempfile.mkdtemp(prefix="import-jobs-wheel-"))
    folder.chmod(0o711)
    try:
        yield install(wheel, folder)
    finally:
        shutil.rmtree(folder)


def install(wheel: Path, folder: Path) -> Installation:
    """Install a wheel into `folder`/venv; its commands run in `folder`/elsewhere."""
    environment, elsewhere = folder / "venv", folder / "elsewhere"
    elsewhere.mkdir(mode=0o755)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    installed = Installation(environment / "bin" / "python", elsewhere, outside_environment(folder))
    pip = [sys.executable, "-m", "pip", "--python", str(installed.python), "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)], check=True)
    packages = installed.run(str(installed.python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))")
    # A line of a .pth file adds a folder, but not the .pth files in it: the editable checkout stays out.
    Path(packages.strip(), "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return installed


def outside_environment(home: Path) -> dict[str, str]:
    """Return an environment that says nothing of the checkout or of its virtual environment."""
    return {"PATH": os.defpath, "HOME": str(home), "LANG": "C.UTF-8"}


@contextmanager
def stack(installed: Installation) -> Iterator[Installation]:
    """Start a stack without a processor; yield the installation with the stack's variables set."""
    installed.import_jobs("stack", "up", "--detach", "--no-processor", "--no-api")
    try:
        lines = installed.import_jobs("stack", "env").splitlines()
        pairs = (line.removeprefix("export ").partition("=") for line in lines)
        yield installed.with_env({name: value for name, _, value in pairs})
    finally:
        installed.import_jobs("stack", "down")


@contextmanager
def processor(installed: Installation) -> Iterator[None]:
    """Run `import-jobs serve` at the port where the doorbell rings; wait until it is ready."""
    url = installed.env["PROCESSOR_URL"]
    env = {
        **installed.env,
        "DATABASE_URL": installed.env["PROCESSOR_DATABASE_URL"],
        "IMPORT_JOBS_PORT": url.rpartition(":")[2].strip("/"),
    }
    with subprocess.Popen([installed.command, "serve"], cwd=installed.folder, env=env) as process:
        try:
            deadline = time.monotonic() + READY_SECONDS
            while not is_ready(url):
                assert process.poll() is None, "the processor ended"
                assert time.monotonic() < deadline, "the processor did not become ready"
                time.sleep(0.05)
            yield
        finally:
            process.terminate()


def is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/ready", timeout=2, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def test_wheel_contains_the_package_its_migrations_and_the_configuration(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    own = {name for name in names if not name.startswith("import_jobs-")}
    assert {name.partition("/")[0] for name in own} == {"processor"}
    python = {str(path.relative_to(ROOT)) for path in (ROOT / "processor").rglob("*.py")}
    assert python == {name for name in own if name.endswith(".py")}
    migrations = {f"processor/migrations/{path.name}" for path in (ROOT / "supabase" / "migrations").glob("*.sql")}
    assert migrations
    assert migrations == {name for name in own if name.startswith("processor/migrations/")}
    functions = ROOT / "supabase" / "functions"
    files = {f"processor/functions/{path.relative_to(functions)}" for path in functions.rglob("*") if path.is_file()}
    assert files
    assert files == {name for name in own if name.startswith("processor/functions/")}
    node = [path for path in (ROOT / "processor" / "local" / "node").iterdir() if path.suffix in (".mjs", ".json")]
    assert len(node) > 2
    assert {str(path.relative_to(ROOT)) for path in node} <= own
    assert {"processor/config.toml", "processor/native/kernels.so", "processor/native/kernels.stamp"} <= own


def test_wheel_names_the_sources_of_the_table_of_spellings(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (folder,) = {name.partition("/")[0] for name in archive.namelist() if name.startswith("import_jobs-")}
        texts = {name: archive.read(f"{folder}/licenses/{name}").decode() for name in ("LICENSE", "NOTICE")}
        metadata = archive.read(f"{folder}/METADATA").decode()
    assert "License-Expression: MIT AND CC-BY-SA-4.0" in metadata
    assert {f"License-File: {name}" for name in texts} <= set(metadata.splitlines())
    # CC BY-SA 4.0 wants the author, the licence with its link, and that the data were changed.
    for words in ("Robyn Speer", "wordfreq", "https://creativecommons.org/licenses/by-sa/4.0/", "Changes:", "SUBTLEX"):
        assert words in texts["NOTICE"]
    assert "processor/dialect/spelling.txt" in texts["NOTICE"]


def test_wheel_contains_no_benchmark_no_chaos_no_fault_proxy_and_no_demo(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        parts = {Path(part).stem for name in archive.namelist() for part in name.split("/")}
    assert parts & {"bench", "benchmarks", "chaos", "proxies", "demo", "examples", "tests", "arguments"} == set()


def test_installed_wheel_is_imported_from_its_own_environment(installation: Installation) -> None:
    python = str(installation.python)
    file = installation.run(python, "-c", "import processor; print(processor.__file__)").strip()
    assert Path(file).is_relative_to(installation.python.parents[1])


def test_installed_wheel_installs_into_a_project(installation: Installation) -> None:
    supabase = installation.folder / "supabase"
    supabase.mkdir()
    (supabase / "config.toml").write_text('project_id = "own"\n', encoding="utf-8")
    written = installation.import_jobs("install", "--write", "--quiet").splitlines()
    assert written[0].endswith(f"_import_jobs_{installation.import_jobs('--version').split()[1]}.sql")
    functions = {path.parent.name for path in (ROOT / "supabase" / "functions").glob("*/index.ts")}
    assert set(written[1:]) == {"supabase/config.toml", *(f"supabase/functions/{name}" for name in functions)}
    assert installation.import_jobs("install", "--check", "--quiet") == ""


def test_installed_wheel_starts_a_stack_migrates_serves_and_imports(installation: Installation) -> None:
    file = installation.folder / "people.csv"
    file.write_text("id,name\n1,Ana\n2,Bruno\n", encoding="utf-8")
    with stack(installation) as installed:
        installed.import_jobs("migrate")
        with psycopg.connect(installed.env["DATABASE_URL"], autocommit=True) as conn:
            conn.execute("create table public.people (id bigint primary key, name text not null)")
            conn.execute("select importer.register_target('public.people')")
            with processor(installed):
                installed.import_jobs("import", "people.csv", "--target", "people", "--watch")
            assert conn.execute("select id, name from public.people order by id").fetchall() == [
                (1, "Ana"),
                (2, "Bruno"),
            ]
