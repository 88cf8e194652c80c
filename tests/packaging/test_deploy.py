"""The files in deploy/: they parse, and they name only what exists in the processor, the image and the command line."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from processor import config
from processor.cli import app, command_tree
from tests.packaging.dockerfile import steps

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy"
FILES = sorted(path for path in FOLDER.rglob("*") if path.is_file())
VARIABLES = set(
    re.findall(r'"((?:IMPORT_JOBS|SUPABASE|DATABASE)_\w+|PORT)"', Path(config.__file__).read_text(encoding="utf-8"))
)
SECRETS = {"DATABASE_URL", "IMPORT_JOBS_UPLOADER_DATABASE_URL", "SUPABASE_SECRET_KEY"}
NEEDED = SECRETS | {"SUPABASE_URL"}
# What requests may take after SIGTERM, before the time of the chunks begins (processor/http/server.py).
REQUEST_SECONDS = 5
PORT = int(
    next(step.text for step in steps((ROOT / "Dockerfile").read_text(encoding="utf-8")) if step.name == "EXPOSE")
)
HEALTH = "/health"
# Of the least and the most exposed service, 0 and 10.
EXPOSURE = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What a file says about the processor; a secret that is given elsewhere has the value None."""

    env: dict[str, str | None]
    grace: float
    ports: set[int] = field(default_factory=set)
    health: set[str] = field(default_factory=set)


def text_of(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def compose(name: str) -> dict[str, Any]:
    return yaml.safe_load(text_of(name))["services"]


def on_compose() -> Service:
    service = compose("docker-compose.import-jobs.yml")["import-jobs"]
    (port,) = service["ports"]
    return Service(
        env=dict(service["environment"]),
        grace=float(service["stop_grace_period"].removesuffix("s")),
        ports={int(port.rpartition(":")[2])},
    )


def unit() -> dict[str, list[str]]:
    """Return the settings of the unit's section Service."""
    settings: dict[str, list[str]] = {}
    for line in text_of("import-jobs.service").partition("[Service]")[2].splitlines():
        if "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            settings.setdefault(name, []).append(value)
    return settings


def on_systemd() -> Service:
    inline = [pair.split("=", 1) for value in unit()["Environment"] for pair in value.split()]
    lines = [line for line in text_of("import-jobs.env").splitlines() if line and not line.startswith("#")]
    env: dict[str, str | None] = dict([*inline, *(line.split("=", 1) for line in lines)])
    return Service(env=env, grace=float(unit()["TimeoutStopSec"][0]), ports={int(env["IMPORT_JOBS_PORT"] or 0)})


def on_fly() -> Service:
    value = tomllib.loads(text_of("fly.toml"))
    http = value["http_service"]
    secrets = dict.fromkeys(re.findall(r"(\w+)='…'", text_of("fly.toml")))
    return Service(
        env={**secrets, **value["env"]},
        grace=value["kill_timeout"],
        ports={http["internal_port"], int(value["env"]["PORT"])},
        health={check["path"] for check in http["checks"]},
    )


def on_render() -> Service:
    (service,) = yaml.safe_load(text_of("render.yaml"))["services"]
    env = {variable["key"]: variable.get("value") for variable in service["envVars"]}
    assert {variable["key"] for variable in service["envVars"] if variable.get("sync") is False} == NEEDED
    return Service(
        env=env,
        grace=service["maxShutdownDelaySeconds"],
        ports={int(env["PORT"] or 0)},
        health={service["healthCheckPath"]},
    )


def on_cloud_run() -> Service:
    (container,) = yaml.safe_load(text_of("cloud-run.yaml"))["spec"]["template"]["spec"]["containers"]
    probes = [container[name]["httpGet"] for name in ("startupProbe", "livenessProbe")]
    return Service(
        env={variable["name"]: variable.get("value") for variable in container["env"]},
        grace=10,  # Cloud Run's own, which cannot be changed
        ports={container["ports"][0]["containerPort"], *(probe["port"] for probe in probes)},
        health={probe["path"] for probe in probes},
    )


SERVICES: dict[str, Callable[[], Service]] = {
    "compose": on_compose,
    "systemd": on_systemd,
    "fly": on_fly,
    "render": on_render,
    "cloud-run": on_cloud_run,
}


def settings(service: Service) -> config.Config:
    """Return the settings that the processor reads, with a value for each secret."""
    given = {"DATABASE_URL": "postgresql://", "SUPABASE_SECRET_KEY": "sb_secret_x", "SUPABASE_URL": "https://x"}
    env = {
        name: re.sub(r"<project ref>", "abcdefghijklmnopqrst", value or given.get(name, "x"))
        for name, value in service.env.items()
    }
    for name in ("SUPABASE_SECRET_KEY", "SUPABASE_PUBLISHABLE_KEY", "IMPORT_JOBS_PUBLIC_SUPABASE_URL"):
        if "$" in env.get(name, "") or "…" in env.get(name, ""):
            env[name] = given.get(name, "")
    return config.from_environment({**env, "IMPORT_JOBS_SPOOL_DIR": ""})


@pytest.mark.parametrize("name", SERVICES)
def test_file_names_only_variables_that_exist(name: str) -> None:
    env = SERVICES[name]().env
    assert set(env) >= NEEDED
    assert set(env) - {"TMPDIR"} <= VARIABLES


@pytest.mark.parametrize("name", SERVICES)
def test_processor_accepts_the_values(name: str) -> None:
    service = SERVICES[name]()
    assert settings(service).port == PORT


@pytest.mark.parametrize("name", SERVICES)
def test_port_and_health_check_are_those_of_the_image(name: str) -> None:
    service = SERVICES[name]()
    assert service.ports == {PORT}
    assert service.health <= {HEALTH}
    assert bool(service.health) == (name not in ("compose", "systemd"))  # those have the image's, and none


@pytest.mark.parametrize("name", SERVICES)
def test_host_waits_until_the_chunks_have_ended(name: str) -> None:
    service = SERVICES[name]()
    assert service.grace > settings(service).stop_seconds + REQUEST_SECONDS


@pytest.mark.parametrize("name", ["fly", "render", "cloud-run"])
def test_no_secret_has_a_value(name: str) -> None:
    assert {variable for variable in SECRETS if SERVICES[name]().env[variable] is not None} == set()


def test_job_survives_the_answer_to_its_ring() -> None:
    fly = tomllib.loads(text_of("fly.toml"))["http_service"]
    assert (fly["auto_stop_machines"], fly["min_machines_running"]) == ("off", 1)
    template = yaml.safe_load(text_of("cloud-run.yaml"))["spec"]["template"]
    annotations = template["metadata"]["annotations"]
    assert annotations["run.googleapis.com/cpu-throttling"] == "false"
    assert annotations["autoscaling.knative.dev/minScale"] == annotations["autoscaling.knative.dev/maxScale"] == "1"
    (render,) = yaml.safe_load(text_of("render.yaml"))["services"]
    assert render["plan"] != "free"


def test_commented_variant_of_fly_ends_when_idle() -> None:
    variant = text_of("fly.toml").replace("\n# [", "\n[").replace("\n# app", "\napp").replace("\n# policy", "\npolicy")
    value = tomllib.loads(variant)
    assert value["processes"] == {"app": "serve --exit-when-idle 120"}
    assert value["restart"] == [{"policy": "on-failure"}]


def options() -> dict[str, set[str]]:
    """Return the options of each command."""
    root = command_tree.complete(app)
    return {
        command.name: {option for parameter in command.params for option in parameter.opts}
        for command in command_tree.leaves(root)
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_commands_and_their_options_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    known = options()
    for command, rest in re.findall(r"\bimport-jobs (configure|serve|migrate|doctor)\b([^\n`]*)", text):
        assert set(re.findall(r"(?<= )--[\w-]+", rest)) <= known[command], rest
    for rest in re.findall(r'"serve([^"]*)"', text):
        assert set(re.findall(r"--[\w-]+", rest)) <= known["serve"]


def test_readme_lists_every_file() -> None:
    names = {str(path.relative_to(FOLDER)) for path in FILES} - {"README.md"}
    assert set(re.findall(r"`([\w./-]+\.\w+)`", text_of("README.md"))) == names


def test_processor_and_store_of_compose_have_few_rights() -> None:
    service = compose("docker-compose.import-jobs.yml")["import-jobs"]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["volumes"] == ["import-jobs-spool:/spool"]
    assert "no-new-privileges:true" in service["security_opt"]
    # Only this machine reaches the port; the database reaches the service in their own network.
    assert service["ports"][0].startswith("127.0.0.1:")
    assert not any("ports" in one for one in compose("docker-compose.import-jobs-s3.yml").values())


def test_storage_uses_the_store() -> None:
    services = compose("docker-compose.import-jobs-s3.yml")
    env = services["storage"]["environment"]
    assert env["STORAGE_BACKEND"] == "s3"
    port = re.findall(r"-s3\.port=(\d+)", services["s3"]["command"])
    assert [env["GLOBAL_S3_ENDPOINT"]] == [f"http://s3:{number}" for number in port]
    assert {env[name] for name in services["s3"]["environment"]} == set(services["s3"]["environment"].values())
    assert env["GLOBAL_S3_BUCKET"] in services["s3-bucket"]["command"][0]


def has_compose() -> bool:
    done = shutil.which("docker") and subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
    return bool(done and done.returncode == 0)


@pytest.mark.skipif(not has_compose(), reason="docker compose is not installed")
def test_compose_accepts_the_files(tmp_path: Path) -> None:
    base = {"services": {name: {"image": name} for name in ("db", "storage", "kong")}}
    (tmp_path / "docker-compose.yml").write_text(yaml.safe_dump(base), encoding="utf-8")
    names = ["docker-compose.yml", "docker-compose.import-jobs.yml", "docker-compose.import-jobs-s3.yml"]
    for name in names[1:]:
        shutil.copy(FOLDER / name, tmp_path)
    used = set(re.findall(r"\$\{(\w+)", "".join(map(text_of, names[1:]))))
    (tmp_path / ".env").write_text("".join(f"{name}=1\n" for name in sorted(used)), encoding="utf-8")
    files = [part for name in names for part in ("-f", name)]
    done = subprocess.run(
        ["docker", "compose", *files, "config", "--quiet"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    copy = tmp_path / "import-jobs.service"
    copy.write_text(text_of("import-jobs.service").replace("/opt/import-jobs/bin/import-jobs", "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", str(copy)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_finds_little_exposed(tmp_path: Path) -> None:
    shutil.copy(FOLDER / "import-jobs.service", tmp_path)
    command = ["systemd-analyze", "security", "--offline=true", str(tmp_path / "import-jobs.service")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    (level,) = re.findall(r"Overall exposure level for import-jobs\.service: ([\d.]+)", done.stdout)
    assert float(level) <= EXPOSURE
