"""Builds the image where a Docker engine is there."""

import re
import shutil
from pathlib import Path

from scripts.release_steps.command import run
from scripts.release_steps.failure import ReleaseError
from scripts.release_steps.version import Version

BASE = re.compile(r"^ARG BASE_IMAGE=(\S+)$", re.M)
NAME = "import-jobs"


def missing() -> str | None:
    """Return why no image can be built here, or None."""
    if shutil.which("docker") is None:
        return "docker is not installed"
    try:
        run("docker", "version", "--format", "{{.Server.Version}}", folder=Path.cwd())
    except ReleaseError:
        return "no Docker engine answers"
    return None


def base(tree: Path) -> str | None:
    """Return the name of the base image in the Dockerfile, with the digest that a registry has for it now.

    Without a registry in reach it stays as it is: a digest is never made up. None if the Dockerfile names no base.
    """
    match = BASE.search((tree / "Dockerfile").read_text(encoding="utf-8"))
    if match is None:
        return None
    if "@" in match[1]:
        return match[1]
    inspect = ("docker", "buildx", "imagetools", "inspect", match[1], "--format", "{{.Manifest.Digest}}")
    try:
        digest = run(*inspect, folder=tree).strip()
    except ReleaseError:
        return match[1]
    return f"{match[1]}@{digest}" if re.fullmatch(r"sha256:[0-9a-f]{64}", digest) else match[1]


def build(tree: Path, output: Path, version: Version, commit: str) -> Path:
    """Build the image with the labels of the release, and copy its list of contents; return what `docker load` reads.

    Raises: ReleaseError.
    """
    arguments = {"VERSION": version.python, "REVISION": commit}
    if (name := base(tree)) is not None:
        arguments["BASE_IMAGE"] = name
    options = [part for key, value in arguments.items() for part in ("--build-arg", f"{key}={value}")]
    tag = f"{NAME}:{version.python}"
    run("docker", "build", *options, "--tag", tag, ".", folder=tree)
    label = '{{index .Config.Labels "org.opencontainers.image.version"}}'
    labelled = run("docker", "image", "inspect", tag, "--format", label, folder=tree).strip()
    if labelled != version.python:
        raise ReleaseError(f'the image is labelled "{labelled}"', "Look at the labels of the Dockerfile.")
    listed = run("docker", "run", "--rm", "--entrypoint", "cat", tag, "/opt/import-jobs/sbom.cdx.json", folder=tree)
    (output / f"{NAME}-{version.python}.image.cdx.json").write_text(listed, encoding="utf-8")
    archive = output / f"{NAME}-{version.python}.image.tar"
    run("docker", "save", "--output", archive, tag, folder=tree)
    return archive
