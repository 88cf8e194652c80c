"""Goes through the steps of the Dockerfile in a folder, where there is no Docker engine.

The folder stands for the root of the image: absolute paths below `PATHS` are rewritten into it, and the base image is
the Python that runs the tests.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import string
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATHS = ("/opt", "/rootfs", "/spool", "/src")
ABSOLUTE = re.compile(rf"(?<![\w/])({'|'.join(PATHS)})(?=[/:\s]|$)")
GENERATED = shutil.ignore_patterns("__pycache__", "kernels.*", ".temp", "node_modules")
# Mounts what a container with --read-only and --tmpfs /spool has, then gives up all rights but to enter the folder of
# root in which the tests' Python may be.
CONTAINED = """
mount -t tmpfs -o mode=700,uid={user},gid={user} tmpfs {spool} && mount -o remount,bind,ro / &&
exec setpriv --reuid {user} --regid {user} --clear-groups --no-new-privs --inh-caps=-all,+dac_read_search \
  --ambient-caps=-all,+dac_read_search --bounding-set=-all,+dac_read_search "$@"
"""


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction and its arguments."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Copy:
    """What a COPY copies: from the context, or from an earlier stage."""

    sources: list[str]
    target: str
    stage: str | None


def steps(text: str) -> list[Step]:
    """Return the instructions of a Dockerfile."""
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#")).replace("\\\n", " ")
    return [Step(*line.split(maxsplit=1)) for line in lines.splitlines() if line.strip()]


def copy_of(step: Step) -> Copy:
    """Return what a COPY copies."""
    words = shlex.split(step.text)
    flags = dict(word[2:].split("=", 1) for word in words if word.startswith("--"))
    paths = [word for word in words if not word.startswith("--")]
    return Copy(paths[:-1], paths[-1], flags.get("from"))


def pairs_of(step: Step) -> dict[str, str]:
    """Return the names and values of an ENV, a LABEL or an ARG."""
    return dict(word.split("=", 1) if "=" in word else (word, "") for word in shlex.split(step.text))


@dataclass(slots=True)
class Image:
    """The image as it was built in `folder`/root; earlier stages are in folders of their names."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    config: dict[str, str] = field(default_factory=dict)
    stage: str = ""

    @property
    def root(self) -> Path:
        """The folder that stands for the root of the stage that is being built."""
        return self.folder / "root"

    def build(self, text: str) -> Image:
        """Go through all steps."""
        for step in steps(text):
            match step.name:
                case "FROM":
                    self._begin(step.text)
                case "RUN":
                    self._run(step.text)
                case "COPY":
                    self._copy(copy_of(step))
                case "ENV":
                    values = pairs_of(step).items()
                    self.env |= {name: string.Template(value).safe_substitute(PATH="") for name, value in values}
                case "LABEL":
                    self.labels |= pairs_of(step)
                case _:
                    self.config[step.name] = step.text
        return self

    def command(self, *arguments: str) -> list[str]:
        """Return the command that runs the entry point as the user of the image: by default with CMD."""
        entry = json.loads(self.config["ENTRYPOINT"]) + list(arguments or json.loads(self.config["CMD"]))
        return self.contained([self._program(entry[0]), *entry[1:]])

    def health_check(self) -> list[str]:
        """Return the command of HEALTHCHECK."""
        program, *rest = json.loads(self.config["HEALTHCHECK"].partition("CMD ")[2])
        return self.contained([self._program(program), *rest])

    def contained(self, command: Sequence[str]) -> list[str]:
        """Return a command that runs as the image's user on a read-only file system, with rights to do so."""
        if os.geteuid() != 0:
            return list(command)
        user = self.config["USER"].partition(":")[0]
        script = CONTAINED.format(user=user, spool=self.root / "spool")
        return ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", *command]

    def environment(self) -> dict[str, str]:
        """Return the variables of a process in the image."""
        values = {name: self._inside(value) for name, value in self.env.items()}
        return {**values, "PATH": f"{values['PATH'].strip(':')}:{os.environ['PATH']}", "LANG": "C.UTF-8"}

    def _program(self, name: str) -> str:
        path = shutil.which(name, path=self.environment()["PATH"])
        assert path is not None, name
        assert Path(path).is_relative_to(self.root), path
        return path

    def _begin(self, text: str) -> None:
        """Put the stage that has ended aside, and begin a new one."""
        if self.root.exists():
            self.root.rename(self.folder / self.stage)
        words = text.split()
        self.stage = words[2] if len(words) == 3 else "last"
        self.root.mkdir(parents=True)
        self.env, self.labels, self.config = {"PATH": ""}, {}, {"WORKDIR": "/"}

    def _run(self, text: str) -> None:
        env = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        command, cwd = ["sh", "-c", self._inside(text)], self._place(".")
        done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{text}: {done.stdout}{done.stderr}"

    def _copy(self, copy: Copy) -> None:
        origin = ROOT if copy.stage is None else self.folder / copy.stage
        for source in copy.sources:
            path, target = origin / source.lstrip("/"), self._place(copy.target)
            if path.is_dir():
                shutil.copytree(
                    path, target, symlinks=True, dirs_exist_ok=True, ignore=None if copy.stage else GENERATED
                )
            else:
                shutil.copy2(path, target)

    def _place(self, path: str) -> Path:
        """Return where a path of the image is, relative to its WORKDIR."""
        place = self.root / os.path.join(self.config["WORKDIR"], path).lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        if path.startswith("."):
            place.mkdir(exist_ok=True)
        return place

    def _inside(self, text: str) -> str:
        return ABSOLUTE.sub(lambda match: f"{self.root}{match[1]}", text)


def files_of(folder: Path) -> Iterator[tuple[str, int]]:
    """Yield the path and the time of the last change of each file and folder."""
    for path in sorted(folder.rglob("*")):
        yield str(path), path.lstat().st_mtime_ns
