"""Measure the page in Chromium: `scripts/screenshots --measure [GIGABYTES]`.

It prints how soon a person can choose a file, what a job that reports twice a second costs in frames, and the memory
of the browser during an upload. The file is sparse, so that it takes no room until it is uploaded.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import BrowserContext, Page

RUNS = 5
SECONDS = 10
#: A frame of 60 a second takes 17 ms; one that took twice as long was dropped.
DROPPED_MS = 34
#: Reads the page's clock at the first frame in which a file can be chosen.
READY = """() => {
  const importer = document.querySelector("import-jobs-importer");
  return importer?.shadowRoot?.querySelector("input[type=file]") ? performance.now() : false;
}"""
#: Gives the element a running job twice a second, and looks at the frames and the long tasks meanwhile.
FRAMES = """async (seconds) => {
  const { flow } = document.querySelector("import-jobs-importer");
  const names = { target: "customers", object_path: "a/b", file_name: "a.csv" };
  const counts = { rows_read: 0, rows_loaded: 0, rows_rejected: 0, rows_skipped: 0, attempts: 1, max_attempts: 5 };
  const job = { id: "0", status: "running", phase: "loading", options: {}, progress: 0, ...names, ...counts };
  const queue = { files: [], done: [], ways: [] };
  const figures = { rowsPerSecond: 0, secondsLeft: 9 };
  flow.go({ step: "run", job, target: undefined, queue, silent: false, cancelling: false, ...figures });
  const frames = [], tasks = [];
  const note = (list) => tasks.push(...list.getEntries().map((entry) => entry.duration));
  new PerformanceObserver(note).observe({ type: "longtask" });
  const end = performance.now() + 1000 * seconds;
  const updates = setInterval(() => {
    const rows = flow.state.job.rows_loaded + 123456;
    const parts = { rows_read: rows, rows_loaded: rows, progress: (rows / 1e5) % 100 };
    flow.set("run", { job: { ...flow.state.job, ...parts }, rowsPerSecond: rows % 1e6 });
  }, 500);
  for (let last = performance.now(); last < end; ) {
    const now = await new Promise(requestAnimationFrame);
    frames.push(now - last);
    last = now;
  }
  clearInterval(updates);
  return { frames: frames.slice(1), tasks };
}"""

SENT = """() => {
  const { step, sent = 0, file } = document.querySelector("import-jobs-importer").flow.state;
  return [step, sent, file?.size ?? 1];
}"""


def measure(context: BrowserContext, url: str, gigabytes: float) -> None:
    """Print the figures of the page, for a person who is signed in."""
    page = context.new_page()
    page.set_default_timeout(60_000)
    times = [seconds_to_ready(page, url) for _ in range(RUNS)]
    print(f"time to interactive: {1000 * statistics.median(times):.0f} ms (median of {RUNS}: {shown(times)})")
    seen = page.evaluate(FRAMES, SECONDS)
    dropped = sum(frame > DROPPED_MS for frame in seen["frames"])
    print(
        f"frames in {SECONDS} s with 2 updates a second: {len(seen['frames'])}, dropped {dropped}; "
        f"longest {max(seen['frames']):.0f} ms; longest task {max(seen['tasks'], default=0):.0f} ms (0: none of 50)"
    )
    memory_of_upload(page, url, gigabytes)
    page.close()


def seconds_to_ready(page: Page, url: str) -> float:
    """Load the page anew; return the seconds until a file can be chosen."""
    page.goto("about:blank")
    page.goto(url)
    return float(page.wait_for_function(READY, polling="raf").json_value()) / 1000


def memory_of_upload(page: Page, url: str, gigabytes: float) -> None:
    """Upload a sparse file, and print the memory of the browser's processes at tenths of it."""
    page.goto(url)
    page.wait_for_function(READY)
    with tempfile.TemporaryDirectory(prefix="import-jobs-upload-") as folder:
        file = Path(folder, "large.csv")
        with file.open("wb") as sparse:
            sparse.write(b"email,name\n")
            sparse.truncate(int(gigabytes * 1e9))
        before = resident_bytes()
        page.locator("input[type=file]").set_input_files(file)
        figures = list(during_upload(page))
    peak = max([before, *(size for _, size in figures)])
    line = ", ".join(f"{share} %: {size / 1e6:.0f}" for share, size in figures)
    print(
        f"memory of the browser, an upload of {gigabytes:g} GB: {before / 1e6:.0f} MB before, {peak / 1e6:.0f} at most"
    )
    print(f"  MB at {line}")


def during_upload(page: Page) -> Iterator[tuple[int, int]]:
    """Yield the share that is uploaded, in tenths, and the memory at that moment in bytes."""
    seen = -1
    while (state := page.evaluate(SENT))[0] in ("file", "upload"):
        tenth = int(10 * state[1] / state[2])
        if tenth > seen:
            seen = tenth
            yield 10 * tenth, resident_bytes()
        if tenth == 10:
            return
        time.sleep(0.2)


def resident_bytes() -> int:
    """Return the memory of the browser that this process started; pages that its processes share are counted once."""
    parents = {int(path.name): parent_of(path) for path in Path("/proc").iterdir() if path.name.isdigit()}
    ours = {os.getpid()}
    for _ in range(8):  # deeper than the processes of a browser are
        ours |= {child for child, parent in parents.items() if parent in ours}
    return sum(memory_of(pid) for pid in ours if is_browser(pid))


def parent_of(path: Path) -> int:
    """Return the parent of a process; 0 when it has gone."""
    try:
        return int((path / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def is_browser(pid: int) -> bool:
    """Return whether a process is one of the browser's."""
    try:
        return "chrom" in Path(f"/proc/{pid}/comm").read_text()
    except OSError:
        return False


def memory_of(pid: int) -> int:
    """Return the proportional memory of a process in bytes; 0 when it has gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def shown(times: list[float]) -> str:
    """Return times in milliseconds."""
    return ", ".join(f"{1000 * one:.0f}" for one in times)
