"""`/metrics` on a port of its own: what is counted, and what is looked up when Prometheus asks.

It has its own listener, thread and event loop, so that it takes no connection from the doorbell and the probes.
"""

import logging
import threading
import time
from collections.abc import Iterator, Sequence

import psycopg
from prometheus_client import Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector
from psycopg_pool import ConnectionPool, PoolTimeout
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from processor.config import Config
from processor.http.error_responses import HANDLERS
from processor.http.limits import ServerLimits
from processor.http.server import LimitedServer, server_settings
from processor.log import event
from processor.metrics import REGISTRY
from processor.queue.overview import Overview, overview
from processor.worker.worker import Worker

PATH = "/metrics"
#: A few Prometheus servers, each with one connection.
LIMITS = ServerLimits(connections=16, backlog=16)
# How long the figures of the queue are reused, and how long the database has to give them.
QUEUE_SECONDS, DATABASE_SECONDS = 5.0, 2.0
STATEMENT_TIMEOUT = "set local statement_timeout = '2s'"


class QueueFigures:
    """Asks the database how full the queue is, at most once in `QUEUE_SECONDS`, whoever asks for metrics."""

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool, self._lock = pool, threading.Lock()
        self._asked, self._answer = float("-inf"), None

    def get(self) -> Overview | None:
        """Return the figures; None where the database does not give them."""
        with self._lock:
            if time.monotonic() - self._asked > QUEUE_SECONDS:
                self._answer = self._ask()
                self._asked = time.monotonic()
            return self._answer

    def _ask(self) -> Overview | None:
        try:
            with self._pool.connection(timeout=DATABASE_SECONDS) as conn, conn.transaction():
                conn.execute(STATEMENT_TIMEOUT)
                return overview(conn)
        except (psycopg.Error, PoolTimeout):
            return None


class Figures(Collector):
    """Everything that `/metrics` shows of one processor."""

    def __init__(self, worker: Worker, pools: Sequence[ConnectionPool], queue: QueueFigures) -> None:
        self._worker, self._pools, self._queue = worker, pools, queue

    def collect(self) -> Iterator[Metric]:
        """Yield what was counted, then what is so now."""
        yield from REGISTRY.collect()
        yield from self._slots()
        yield from self._connections()
        yield from queue_metrics(self._queue.get())

    def _slots(self) -> Iterator[Metric]:
        running = GaugeMetricFamily("import_jobs_attempts_running", "Attempts that run now.", labels=["kind"])
        slots = GaugeMetricFamily("import_jobs_slots", "Attempts that may run at once.", labels=["kind"])
        for kind, (used, most) in self._worker.slots().items():
            running.add_metric([kind], used)
            slots.add_metric([kind], most)
        yield running
        yield slots

    def _connections(self) -> Iterator[Metric]:
        opened = GaugeMetricFamily(
            "import_jobs_connections", "Connections to the database in pools.", labels=["pool", "state"]
        )
        most = GaugeMetricFamily("import_jobs_connections_max", "Size of the pools.", labels=["pool"])
        waiting = GaugeMetricFamily(
            "import_jobs_connection_waiters", "Threads that wait for a connection of a pool.", labels=["pool"]
        )
        for pool in self._pools:
            stats = pool.get_stats()
            idle = stats.get("pool_available", 0)
            opened.add_metric([pool.name, "idle"], idle)
            opened.add_metric([pool.name, "used"], max(0, stats.get("pool_size", 0) - idle))
            most.add_metric([pool.name], stats.get("pool_max", 0))
            waiting.add_metric([pool.name], stats.get("requests_waiting", 0))
        yield from (opened, most, waiting)


def queue_metrics(figures: Overview | None) -> Iterator[Metric]:
    """Yield the metrics of the queue, which are missing while the database does not answer."""
    yield GaugeMetricFamily(
        "import_jobs_database_up", "Whether the database has told how full the queue is.", value=float(bool(figures))
    )
    if figures is None:
        return
    jobs = GaugeMetricFamily("import_jobs_queue_jobs", "Jobs of all owners.", labels=["state"])
    for state, number in (
        ("waiting", figures.waiting),
        ("scheduled", figures.scheduled),
        ("running", figures.running),
    ):
        jobs.add_metric([state], number)
    yield jobs
    yield GaugeMetricFamily(
        "import_jobs_queue_oldest_waiting_seconds",
        "For how long the oldest job that is due has waited.",
        value=figures.oldest_waiting_seconds,
    )
    yield GaugeMetricFamily(
        "import_jobs_queue_paused", "Whether the queue is paused.", value=float(figures.queue_paused)
    )
    yield GaugeMetricFamily(
        "import_jobs_processors", "Processors that the database has seen in the last 15 s.", value=figures.processors
    )


class MetricsServer:
    """Serves `/metrics` from a thread, between `start` and `stop`."""

    def __init__(self, config: Config, port: int, figures: Collector) -> None:
        app = Starlette(routes=[metrics_route(figures)], exception_handlers=HANDLERS)
        app.router.redirect_slashes = False
        self._server = LimitedServer(server_settings(app, config.host, port, LIMITS), LIMITS)
        self._thread = threading.Thread(target=self._run, name="metrics", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Return when the server has stopped."""
        self._server.should_exit = True
        self._thread.join()

    def _run(self) -> None:
        try:
            self._server.run()
        except SystemExit:  # from uvicorn, when the port has been taken since it was checked
            event("metrics_not_served", logging.ERROR)


def metrics_route(figures: Collector) -> Route:
    """Return the route, whose endpoint runs in a thread because it may wait for the database."""

    def metrics(request: Request) -> Response:
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(figures), headers={"Content-Type": content_type})

    return Route(PATH, metrics)


def metrics_server(config: Config, worker: Worker, pools: Sequence[ConnectionPool]) -> MetricsServer | None:
    """Return the server of `/metrics`, None where no port is set for it."""
    if config.metrics_port is None:
        return None
    return MetricsServer(config, config.metrics_port, Figures(worker, pools, QueueFigures(pools[0])))
