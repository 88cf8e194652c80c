"""A PostgreSQL cluster on loopback: creates, starts, stops and deletes it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import psycopg

from processor.errors import UserError
from processor.local import log_files, orphans, server_account, server_folders
from processor.local.disk import disk_error
from processor.local.postgres_installation import PostgresInstallation

SUPERUSER = "supabase_admin"
_START_SECONDS = 60.0
_STOP_SECONDS = 60.0
_POLL_SECONDS = 0.02
_STOP_SIGNALS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}


class PostgresServer:
    """A cluster in the folder `home` that listens on 127.0.0.1 only, without a Unix socket; a part of a stack.

    `settings` are passed on the server's command line and must not contain a secret. All other settings keep
    PostgreSQL's defaults, because the benchmarks compare with those.
    """

    name = "postgres"

    def __init__(
        self,
        home: Path,
        installation: PostgresInstallation,
        port: int,
        password: str,
        settings: Mapping[str, str] | None = None,
        log: Path | None = None,
    ) -> None:
        self.home = home
        self.installation = installation
        self.port = port
        self._password = password
        self._settings = dict(settings or {})
        self.log = log or home.parent / f"{home.name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id of the postmaster, or None when this object has no running postmaster."""
        if self._process is None or self._process.poll() is not None:
            return None
        return self._process.pid

    @property
    def started(self) -> bool:
        """Whether this object has started a postmaster, even if it has ended since."""
        return self._process is not None

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The postmaster, running or ended.

        Raises: RuntimeError before the first start.
        """
        if self._process is None:
            raise RuntimeError("the server was never started")
        return self._process

    def url(self, user: str = SUPERUSER, password: str | None = None, database: str = "postgres") -> str:
        """Return the connection string of `user`; `password` defaults to the superuser's."""
        secret = self._password if password is None else password
        return f"postgresql://{user}:{secret}@127.0.0.1:{self.port}/{database}"

    def create(self) -> bool:
        """Create the cluster if there is none; return whether one was created.

        Raises: UserError when `initdb` fails, or when the existing cluster is of another major version.
        """
        home = server_folders.make_cluster_folder(self.home)
        data = home / "data"
        if data.exists():
            self._check_major(data)
            return False
        # initdb writes to another name, so that a kill in the middle of it never leaves a half-made `data`.
        partial, secret = home / "data.partial", home / "password"
        if partial.exists():
            shutil.rmtree(partial)
        try:
            _write_for_server(secret, self._password)
            outcome = server_account.run(self._initdb(partial, secret), _environment(self.installation))
        finally:
            secret.unlink(missing_ok=True)
        if outcome.returncode != 0:
            raise disk_error(self.home, outcome.stdout) or UserError(
                f"initdb of PostgreSQL {self.installation.major} failed", _reason(outcome.stdout)
            )
        partial.rename(data)
        return True

    def start(self, timeout: float = _START_SECONDS) -> None:
        """Start the server and return when it accepts connections.

        The backends of a killed postmaster hold its shared memory for a moment. A start that fails because of that is
        repeated until `timeout` seconds have passed.

        Raises: UserError when the server does not start.
        """
        deadline = time.monotonic() + timeout
        while not self._start_once(deadline):
            if time.monotonic() > deadline or not self._failed_for_old_server():
                raise disk_error(self.home, self._output().decode(errors="replace")) or UserError(
                    f"PostgreSQL {self.installation.major} did not start", f"See {self.log} for its output."
                )
            time.sleep(0.2)

    def stop(self, mode: Literal["smart", "fast", "immediate"] = "fast") -> None:
        """Stop the server; `fast` aborts open transactions, `immediate` is equivalent to a crash."""
        if self.pid is None:
            return
        self.process.send_signal(_STOP_SIGNALS[mode])
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait()

    def restart(self, mode: Literal["smart", "fast", "immediate"] = "fast") -> None:
        """Stop the server in `mode` and start it again on the same port."""
        self.stop(mode)
        self.start()

    def destroy(self) -> None:
        """Stop the server and delete the cluster."""
        self.stop("immediate")
        server_folders.remove_cluster_folder(self.home)

    def launch(self) -> None:
        """Start the server without waiting for it; what a killed server has left behind is removed before."""
        data = server_folders.make_cluster_folder(self.home) / "data"
        orphans.end(data)
        command = [str(self.installation.bin / "postgres"), "-D", str(data)]
        for name, value in self._server_settings().items():
            command += ["-c", f"{name}={value}"]
        with log_files.opened(self.log) as log:
            self._log_start = log.tell()
            self._process = server_account.spawn(command, _environment(self.installation), log)

    def is_ready(self) -> bool:
        """Return whether the server accepts connections."""
        try:
            psycopg.connect(self.url(), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _start_once(self, deadline: float) -> bool:
        self.launch()
        while self.pid is not None and time.monotonic() < deadline:
            if self.is_ready():
                return True
            time.sleep(_POLL_SECONDS)
        self.stop("immediate")
        return False

    def _output(self) -> bytes:
        """Return what the server has written to its log since its last start."""
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            return log.read()

    def _failed_for_old_server(self) -> bool:
        output = self._output()
        return b"shared memory block" in output or b"postmaster.pid" in output

    def _server_settings(self) -> dict[str, str]:
        own = {"listen_addresses": "127.0.0.1", "port": str(self.port), "unix_socket_directories": ""}
        if self.installation.has_library("pg_net"):
            own["shared_preload_libraries"] = "pg_net"
        return own | self._settings

    def _initdb(self, data: Path, secret: Path) -> list[str]:
        # The built-in locale C.UTF-8 sorts the same on every machine. Before version 17 only the C library provides it.
        if self.installation.major >= 17:
            locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        else:
            locale = ["--locale=C", "--lc-ctype=C.UTF-8"]
        command = [str(self.installation.bin / "initdb"), "-D", str(data), "-U", SUPERUSER]
        command += ["--auth=scram-sha-256", f"--pwfile={secret}", "--encoding=UTF8", *locale]
        return command + (["--no-sync"] if self._settings.get("fsync") == "off" else [])

    def _check_major(self, data: Path) -> None:
        major = (data / "PG_VERSION").read_text().strip()
        if major != str(self.installation.major):
            raise UserError(
                f"{self.home} is a cluster of PostgreSQL {major}, not {self.installation.major}",
                f"Use --postgres {major} or another --data.",
            )


def _write_for_server(path: Path, secret: str) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secret)
    if who := server_account.account():
        os.chown(path, who.uid, who.gid)


def _environment(installation: PostgresInstallation) -> dict[str, str]:
    """Return an environment without the caller's PG* variables and locale.

    The time zone is UTC, as on Supabase; initdb writes it into the configuration.
    """
    env = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
    icu = installation.bin.parent / "share" / "icu"
    return env | ({"ICU_DATA": str(icu)} if icu.is_dir() else {})


def _reason(text: str) -> str:
    """Return the first line that names an error, since initdb reports its clean-up last; else the last line."""
    lines = [line for line in text.splitlines() if line.strip()]
    named = (line for line in lines if "error:" in line or "FATAL:" in line)
    return next(named, lines[-1] if lines else "It printed nothing.")
