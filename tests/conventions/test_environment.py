"""The environment is read in processor/config.py alone, apart from the local stack, whose parts start programs."""

import re
from pathlib import Path

import pytest

PROCESSOR = Path(__file__).parents[2] / "processor"
READS = re.compile(r"\bos\.(environb?|getenvb?)\b|\bfrom os import\b.*\b(environ|getenv)|\benvvar=|\bexpandvars\(")
EXEMPT = ("config.py", "local/")


def reads(text: str) -> list[str]:
    """Return the expressions in a text that read the environment."""
    return [match[0] for match in READS.finditer(text)]


@pytest.mark.parametrize(
    "text", ["os.environ['X']", "os.getenv('X')", "from os import environ", "typer.Option(envvar='X')"]
)
def test_reading_the_environment_is_found(text: str) -> None:
    assert reads(text) != []


def test_environment_is_read_in_config_alone() -> None:
    files = {str(path.relative_to(PROCESSOR)): path for path in PROCESSOR.rglob("*.py")}
    assert reads(files["config.py"].read_text(encoding="utf-8")) != []
    assert {
        name: expressions
        for name, path in files.items()
        if not name.startswith(EXEMPT) and (expressions := reads(path.read_text(encoding="utf-8")))
    } == {}
