"""Installs a built package into an empty environment, outside the checkout, and imports a file there."""

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from scripts.release_steps import npm_packages
from scripts.release_steps.command import run
from scripts.release_steps.failure import ReleaseError
from scripts.release_steps.version import Version

ROWS = "email,name\nada@example.com,Ada\ngrace@example.com,Grace\n"
PREPARE = """
import os, psycopg
with psycopg.connect(os.environ["DATABASE_URL"]) as conn:
    conn.execute("create table public.people (email text primary key, name text, owner uuid default auth.uid())")
    conn.execute("grant select, insert on public.people to authenticated")
    conn.execute("select importer.register_target('public.people')")
"""
COUNT = """
import os, psycopg
with psycopg.connect(os.environ["DATABASE_URL"]) as conn:
    print(conn.execute("select count(*) from public.people").fetchone()[0])
"""
NODE_IMPORT = """
import { createClient } from "@supabase/supabase-js";
import { importFile } from "import-jobs";
const { SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY } = process.env;
const isUp = () => fetch(`${SUPABASE_URL}/auth/v1/health`, { headers: { apikey: SUPABASE_PUBLISHABLE_KEY } });
for (let tries = 0; tries < 120 && !(await isUp()).ok; tries++) await new Promise((next) => setTimeout(next, 500));
const supabase = createClient(SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, { auth: { persistSession: false } });
const { error } = await supabase.auth.signUp({ email: "ada@example.com", password: "a long password" });
if (error) throw error;
const file = new File(["email,name\\nbob@example.com,Bob\\n"], "more.csv");
const job = await importFile(supabase, file, { target: "people", realtime: false });
if (job.status !== "completed" || job.rows_loaded !== 1) throw new Error(JSON.stringify(job));
process.exit(0);
"""
# How this machine reaches package registries. The stack installs Auth from npm, so the environment needs that as well.
NETWORK = re.compile(
    r"(https?|no|all)_proxy|npm_config_.*|pip_.*|node_extra_ca_certs|ssl_cert_(file|dir)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment with a package in it, and the folder in which its commands run."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def python(self) -> Path:
        return self.folder / "venv" / "bin" / "python"

    def run(self, *command: str | Path) -> str:
        """Run a program, which sees nothing of the checkout. Raises: ReleaseError."""
        network = {name: value for name, value in os.environ.items() if value and NETWORK.fullmatch(name)}
        settings = {"NPM_CONFIG_USERCONFIG": str(Path.home() / ".npmrc"), **network}
        outside = {"PATH": os.defpath, "HOME": str(self.folder), "LANG": "C.UTF-8", **settings}
        return run(*command, folder=self.folder / "work", env={**outside, **self.env}, clean=True)

    def import_jobs(self, *arguments: str) -> str:
        """Run the installed `import-jobs`. Raises: ReleaseError."""
        return self.run(self.python.with_name("import-jobs"), *arguments)


@contextmanager
def installed(package: Path, version: Version) -> Generator[Environment, None, None]:
    """Yield an empty environment in which pip has installed a package with its embedded stack; remove it afterwards.

    Raises: ReleaseError.
    """
    # The account that runs the database cannot enter a folder of mode 700 when this runs as root.
    folder = Path(tempfile.mkdtemp(prefix="import-jobs-release-"))
    folder.chmod(0o711)
    try:
        (folder / "work").mkdir(mode=0o755)
        environment = Environment(folder)
        run(sys.executable, "-m", "venv", "--without-pip", folder / "venv", folder=folder)
        pip = (sys.executable, "-m", "pip", "--python", environment.python, "--disable-pip-version-check")
        run(*pip, "install", "--quiet", f"import-jobs[local] @ {package.as_uri()}", folder=folder)
        said = environment.import_jobs("--version").strip()
        if said != f"import-jobs {version.python}":
            raise ReleaseError(f"{package.name} installs {said}", "Look at the version in pyproject.toml.")
        yield environment
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def stack(environment: Environment) -> Generator[Environment, None, None]:
    """Run a stack with a table to import into; yield the environment with the stack's variables.

    Raises: ReleaseError.
    """
    environment.import_jobs("stack", "up", "--detach")
    try:
        lines = environment.import_jobs("stack", "env").splitlines()
        pairs = (line.removeprefix("export ").partition("=") for line in lines)
        running = Environment(environment.folder, {name: value.strip("'\"") for name, _, value in pairs})
        running.run(running.python, "-c", PREPARE)
        yield running
    finally:
        environment.import_jobs("stack", "down")


def import_file(environment: Environment) -> None:
    """Import a file with the command line. Raises: ReleaseError if its rows are not in the table."""
    (environment.folder / "work" / "people.csv").write_text(ROWS, encoding="utf-8")
    environment.import_jobs("import", "people.csv", "--target", "people", "--watch")
    count = environment.run(environment.python, "-c", COUNT).strip()
    if count != "2":
        raise ReleaseError(f"the trial loaded {count} rows of 2", "Look at the processor.")


def import_with_node(environment: Environment, tarballs: list[Path], client: str) -> None:
    """Install the npm packages into an empty folder, write a project with the one, and import a file as a user.

    `client` is the version of @supabase/supabase-js. Raises: ReleaseError.
    """
    folder = environment.folder / "node"
    (folder / "supabase").mkdir(parents=True)
    (folder / "package.json").write_text('{"type": "module", "private": true}', encoding="utf-8")
    (folder / "trial.mjs").write_text(NODE_IMPORT, encoding="utf-8")
    env = {**environment.env, **npm_packages.environment()}
    packages = (*tarballs, f"@supabase/supabase-js@{client}")
    run(*npm_packages.NPM, "install", "--no-audit", "--no-fund", *packages, folder=folder, env=env)
    program = folder / "node_modules" / "import-jobs" / "bin" / "import-jobs.mjs"
    run(npm_packages.NPM[0], program, "install", folder=folder, env=env)
    if not list((folder / "supabase" / "migrations").glob("*_import_jobs_*.sql")):
        raise ReleaseError("npx import-jobs install wrote no migration", "Look at clients/typescript/bin.")
    run(npm_packages.NPM[0], "trial.mjs", folder=folder, env=env)
