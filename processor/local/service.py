"""A program of the stack that serves HTTP on loopback."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Service:
    """How the program is started, the port on which it listens, and the URL that says whether it serves."""

    name: str
    command: list[str]
    env: dict[str, str]
    port: int
    probe: str
