"""The latency of small jobs: from insert to completed, at several spacings and beside the webhooks of others."""

import statistics
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from benchmarks.comparisons import create_target
from benchmarks.files import PEOPLE
from benchmarks.measurement import JobRequest, run_job
from benchmarks.results import Figure, Goal, Outcome
from benchmarks.size import Size
from benchmarks.stack import BenchmarkStack
from benchmarks.standalone import people_files
from benchmarks.uploads import uploaded

TARGET = "bench_latency"
POLL_SECONDS = 0.002
# The time from the end of a job to the next insert. pg_net rests for a second after each batch.
SPACINGS = {"2.5 s apart": 2.5, "0.5 s apart": 0.5, "back to back": 0.0}
# How long the receiver of the other webhooks takes to answer.
WEBHOOK_SECONDS = 8.0
WEBHOOKS = "select net.http_post(%s, timeout_milliseconds := 10000) from generate_series(1, %s)"
DURABLE = "select bool_and(setting = 'on') from pg_settings where name in ('fsync', 'synchronous_commit')"


class SlowReceiver(BaseHTTPRequestHandler):
    """Answers each request after WEBHOOK_SECONDS, or at once when the path is /fast."""

    def do_POST(self) -> None:
        """Answer."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path != "/fast":
            time.sleep(WEBHOOK_SECONDS)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Do not log requests."""


class Receiver(ThreadingHTTPServer):
    """Accepts the connections of a whole batch at once."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 512

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore clients that have gone."""


@contextmanager
def receiver() -> Generator[str]:
    """Yield the URL of a receiver of webhooks."""
    with Receiver(("127.0.0.1", 0), SlowReceiver) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def latency(stack: BenchmarkStack, size: Size) -> Outcome:
    """Measure files of 1,000 rows one after the other, in each situation `size.runs` of them."""
    stack.prepare(create_target(f"public.{TARGET}", PEOPLE.columns))
    figures: list[Figure] = []
    with stack.scratch_folder() as folder, receiver() as url:
        situations: dict[str, tuple[float, Callable[[], None]]] = {
            **{name: (seconds, lambda: None) for name, seconds in SPACINGS.items()},
            "beside a webhook of 8 s": (0.2, lambda: send(stack, f"{url}/slow", 1)),
            "beside 2,000 webhooks": (0.2, lambda: send(stack, f"{url}/fast", 2000 // size.runs)),
        }
        files = people_files(folder, len(situations) * size.runs + 1, size.rows, first=size.rows)
        with uploaded(stack.env, files) as paths:
            remaining = iter(paths)
            run_job(stack, JobRequest(next(remaining), TARGET))  # the first job opens the connections
            for name, (spacing, before) in situations.items():
                samples = [measure(stack, next(remaining), spacing, before) for _ in range(size.runs)]
                figures += [
                    Figure(f"{name}, median", statistics.median(samples), "ms", Goal(high=60)),
                    Figure(f"{name}, p95", statistics.quantiles(samples, n=20)[18], "ms", Goal(high=150)),
                ]
    stack.prepare(f"drop table public.{TARGET}")
    durable = "on" if stack.scalar(DURABLE) else "off"
    return Outcome(
        size=f"{size.runs} files of {size.rows:,} rows in each situation; fsync and synchronous_commit {durable}",
        figures=tuple(figures),
    )


def send(stack: BenchmarkStack, url: str, count: int) -> None:
    """Queue webhooks of others."""
    stack.superuser_conn.execute(WEBHOOKS, (url, count))


def measure(stack: BenchmarkStack, path: str, spacing: float, before: Callable[[], None]) -> float:
    """Return the milliseconds from the insert of a job to its completion."""
    time.sleep(spacing)
    before()
    return run_job(stack, JobRequest(path, TARGET), POLL_SECONDS)["seconds"] * 1000
