"""Write docs/assets/demo.svg, a rendered run of scripts/demo: `python -m docs.tools.demo_picture`."""

import io
import os
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parents[2]
PICTURE = ROOT / "docs" / "assets" / "demo.svg"
COLUMNS = 104


def recording() -> str:
    """Run the demonstration; return what it prints, with its colours and without the frames of the progress bar."""
    environment = {"TTY_COMPATIBLE": "1", "TTY_INTERACTIVE": "0", "COLUMNS": str(COLUMNS), "COLORTERM": "truecolor"}
    command = [sys.executable, "-m", "examples.demo"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=True)
    return re.sub(r"\x1b\[\?25[lh]\n?", "", done.stdout)  # hides and shows the cursor


def rendered(session: str) -> str:
    """Return a terminal session as SVG. It names fonts and loads none: pages that embed it ask no other host."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text("$ scripts/demo", style="bold"))
    console.print(Text.from_ansi(session.rstrip()))
    svg = console.export_svg(title="import-jobs")
    return re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL).replace("Fira Code", "Menlo, Consolas")


if __name__ == "__main__":
    PICTURE.write_text(rendered(recording()), encoding="utf-8")
