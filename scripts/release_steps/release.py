"""The order of the steps that make a release."""

import json
import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path

from hatch_build import TARGETS
from scripts.release_steps import (
    checksums,
    image,
    npm_packages,
    packages,
    publish,
    repository,
    sbom,
    trial,
    wheel_check,
)
from scripts.release_steps.failure import ReleaseError
from scripts.release_steps.version import Version


def make(root: Path, output: Path, version: Version, *, publishing: bool) -> None:
    """Build a release of the commit, try what runs here, write it into a new folder, and publish it if that is wanted.

    Raises: ReleaseError.
    """
    if output.exists():
        raise ReleaseError(f"{output} exists", "Remove it, or name another folder with --output.")
    with tempfile.TemporaryDirectory(prefix="import-jobs-build-") as folder:
        tree, built = Path(folder, "tree"), Path(folder, "built")
        tree.mkdir()
        built.mkdir()
        repository.export(root, tree)
        sdist, *wheels = packages.build(tree, built, repository.commit_seconds(root))
        for wheel, name in zip(wheels, TARGETS, strict=True):
            wheel_check.check(wheel, name, version, tree)
            print(f"built {wheel.name}")
        try_packages(tree, built, version, sdist, runnable(wheels))
        build_image(root, tree, built, version)
        checksums.write(built)
        # Only a release that is complete gets to where it is looked for.
        shutil.copytree(built, output)
    print(f"wrote {output}")
    if publishing:
        listed = publish.commands(output, version, os.environ, root)
        publish.publish(listed, publish.missing(output, os.environ))


def runnable(wheels: list[Path]) -> Path:
    """Return the wheel that runs on this machine.

    Raises: ReleaseError where there is none.
    """
    system = {"linux": "manylinux", "darwin": "macosx"}.get(sys.platform, sys.platform)
    for wheel, name in zip(wheels, TARGETS, strict=True):
        if name.startswith(system) and name.endswith(platform.machine()):
            return wheel
    raise ReleaseError("no wheel runs on this machine", "Release on Linux or macOS, on x86-64 or arm64.")


def try_packages(tree: Path, output: Path, version: Version, sdist: Path, wheel: Path) -> None:
    """Install wheel, npm packages and source distribution into empty environments, and import files with them.

    Raises: ReleaseError.
    """
    manifest = json.loads((tree / "clients" / "typescript" / "package.json").read_text(encoding="utf-8"))
    client: str = manifest["devDependencies"]["@supabase/supabase-js"]
    with trial.installed(wheel, version) as environment:
        sbom.write(environment.python, tree, output, version)
        tarballs = npm_packages.build(tree, output, version, environment.python)
        with trial.stack(environment) as running:
            trial.import_file(running)
            print(f"tried {wheel.name}")
            trial.import_with_node(running, tarballs, client)
            print(f"tried {', '.join(tarball.name for tarball in tarballs)}")
    with trial.installed(sdist, version) as environment, trial.stack(environment) as running:
        trial.import_file(running)
        print(f"tried {sdist.name}")


def build_image(root: Path, tree: Path, output: Path, version: Version) -> None:
    """Build the image, or say why not. Raises: ReleaseError."""
    if (why := image.missing()) is not None:
        print(f"left out the image: {why}")
        return
    archive = image.build(tree, output, version, repository.commit(root))
    print(f"built {archive.name}")
