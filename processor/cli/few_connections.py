"""Fewer jobs at once on a server with few connections, unless the environment says how many."""

import logging
from dataclasses import replace

import psycopg

from processor.config import Config
from processor.log import event

#: The part of the server's connections that one processor may take: a hosted project of the smallest sizes has 60, of
#: which its API, Auth, Storage and Realtime take about half, and the application comes as well.
SHARE = 6
#: Jobs at once and connections of each, besides the default: a small file need not wait for a large one while two fit.
SMALLER = ((2, 2), (2, 1), (1, 1))


def server_connections(conn: psycopg.Connection) -> int:
    """Return how many connections the server has, also where a pooler is between.

    Raises: psycopg.Error.
    """
    row = conn.execute("select pg_catalog.current_setting('max_connections')::integer").fetchone()
    return int(row[0]) if row else 0


def fitted(config: Config, most: int) -> Config:
    """Return the settings with as many jobs and connections as fit a server with `most`, unless they were given."""
    if config.is_sized or connections_of(config) * SHARE <= most:
        return config
    for max_jobs, connections in SMALLER:
        config = replace(config, max_jobs=max_jobs, connections=connections)
        if connections_of(config) * SHARE <= most:
            break
    event(
        "few_connections",
        logging.WARNING,
        server_connections=most,
        max_jobs=config.max_jobs,
        connections=config.connections,
    )
    return config


def connections_of(config: Config) -> int:
    """Return how many connections a processor has at most: the pool's, and its session."""
    return config.max_connections + 1
