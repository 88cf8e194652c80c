"""One PostgreSQL cluster on loopback: made, started, stopped."""

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
from processor.local import server_account, server_folders
from processor.local.postgres_installation import PostgresInstallation

SUPERUSER = "supabase_admin"
_START_SECONDS = 60.0
_STOP_SECONDS = 60.0
_POLL_SECONDS = 0.02
_STOP_SIGNALS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}


class PostgresServer:
    """A cluster in the folder `home`, listening on 127.0.0.1 alone, without a Unix socket.

    `settings` go to the server's command line, and so never hold a secret. Everything else keeps PostgreSQL's
    defaults, since benchmarks compare with them.
    """

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
        self._log = log or home.parent / f"{home.name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id of the postmaster, None when this object has none running."""
        if self._process is None or self._process.poll() is not None:
            return None
        return self._process.pid

    @property
    def started(self) -> bool:
        """Whether this object has started a postmaster, which may have ended since."""
        return self._process is not None

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The postmaster, running or ended; raises RuntimeError before the first start."""
        if self._process is None:
            raise RuntimeError("the server was never started")
        return self._process

    def url(self, user: str = SUPERUSER, password: str | None = None, database: str = "postgres") -> str:
        """Return the connection string of `user`; without a password it is the superuser's."""
        secret = self._password if password is None else password
        return f"postgresql://{user}:{secret}@127.0.0.1:{self.port}/{database}"

    def create(self) -> bool:
        """Make the cluster if there is none, and tell whether one was made."""
        home = server_folders.make_cluster_folder(self.home)
        data = home / "data"
        if data.exists():
            self._check_major(data)
            return False
        # Finished under its name or not there at all: a kill in the middle of initdb leaves nothing half done.
        partial, secret = home / "data.partial", home / "password"
        if partial.exists():
            shutil.rmtree(partial)
        try:
            _write_for_server(secret, self._password)
            outcome = server_account.run(self._initdb(partial, secret), _environment(self.installation))
        finally:
            secret.unlink(missing_ok=True)
        if outcome.returncode != 0:
            raise UserError(f"initdb of PostgreSQL {self.installation.major} failed", _last_line(outcome.stdout))
        partial.rename(data)
        return True

    def start(self, timeout: float = _START_SECONDS) -> None:
        """Start the server and return when it accepts connections.

        After a kill of the postmaster its backends need a moment to let go of the shared memory, so an early
        end is tried again until `timeout` seconds have passed.
        """
        deadline = time.monotonic() + timeout
        while not self._start_once(deadline):
            if time.monotonic() > deadline or not self._was_still_held():
                raise UserError(f"PostgreSQL {self.installation.major} did not start", f"see {self._log}")
            time.sleep(0.2)

    def stop(self, mode: Literal["smart", "fast", "immediate"] = "fast") -> None:
        """Stop the server; `fast` breaks off transactions, `immediate` is as good as a crash."""
        if self.pid is None:
            return
        self.process.send_signal(_STOP_SIGNALS[mode])
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait()

    def restart(self, mode: Literal["smart", "fast", "immediate"] = "fast") -> None:
        """Stop the server in `mode` and start it on the same port."""
        self.stop(mode)
        self.start()

    def destroy(self) -> None:
        """Stop the server and delete the cluster."""
        self.stop("immediate")
        server_folders.remove_cluster_folder(self.home)

    def _start_once(self, deadline: float) -> bool:
        data = server_folders.make_cluster_folder(self.home) / "data"
        command = [str(self.installation.bin / "postgres"), "-D", str(data)]
        for name, value in self._server_settings().items():
            command += ["-c", f"{name}={value}"]
        with self._log.open("ab") as log:
            self._log_start = log.tell()
            self._process = server_account.spawn(command, _environment(self.installation), log)
        while self.pid is not None and time.monotonic() < deadline:
            if self._answers():
                return True
            time.sleep(_POLL_SECONDS)
        self.stop("immediate")
        return False

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url(), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _was_still_held(self) -> bool:
        with self._log.open("rb") as log:
            log.seek(self._log_start)
            said = log.read()
        return b"shared memory block" in said or b"postmaster.pid" in said

    def _server_settings(self) -> dict[str, str]:
        own = {"listen_addresses": "127.0.0.1", "port": str(self.port), "unix_socket_directories": ""}
        if self.installation.has_library("pg_net"):
            own["shared_preload_libraries"] = "pg_net"
        return own | self._settings

    def _initdb(self, data: Path, secret: Path) -> list[str]:
        # The built-in C.UTF-8 sorts the same on every machine; before 17 only the C library has it.
        if self.installation.major >= 17:
            locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        else:
            locale = ["--locale=C", "--lc-ctype=C.UTF-8"]
        command = [str(self.installation.bin / "initdb"), "-D", str(data), "-U", SUPERUSER]
        command += ["--auth=scram-sha-256", f"--pwfile={secret}", "--encoding=UTF8", *locale]
        return command + (["--no-sync"] if self._settings.get("fsync") == "off" else [])

    def _check_major(self, data: Path) -> None:
        found = (data / "PG_VERSION").read_text().strip()
        if found != str(self.installation.major):
            raise UserError(
                f"{self.home} is a cluster of PostgreSQL {found}, not {self.installation.major}",
                f"use --postgres {found} or another --data",
            )


def _write_for_server(path: Path, secret: str) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secret)
    if who := server_account.account():
        os.chown(path, who.uid, who.gid)


def _environment(installation: PostgresInstallation) -> dict[str, str]:
    """Nothing of the caller's PG* or locale; UTC, as on Supabase, also for what initdb writes down."""
    env = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
    icu = installation.bin.parent / "share" / "icu"
    return env | ({"ICU_DATA": str(icu)} if icu.is_dir() else {})


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
