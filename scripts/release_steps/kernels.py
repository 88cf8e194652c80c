"""Reads from a compiled library for which processor and which system it was made: the headers of ELF and Mach-O."""

import re
import struct
from dataclasses import dataclass

# e_machine of <elf.h>, and cputype, platform and commands of <mach-o/loader.h>.
ELF_MACHINES = {62: "x86_64", 183: "aarch64"}
MACH_CPU_TYPES = {0x0100_0007: "x86_64", 0x0100_000C: "arm64"}
MACH_64 = 0xFEED_FACF
LC_CODE_SIGNATURE, LC_VERSION_MIN_MACOSX, LC_BUILD_VERSION = 0x1D, 0x24, 0x32
# Where a command has the oldest macOS.
OLDEST_AT = {LC_VERSION_MIN_MACOSX: 8, LC_BUILD_VERSION: 12}


@dataclass(frozen=True, slots=True)
class Library:
    """What a library was made for; `needs` is the oldest glibc or macOS that can load it, as (major, minor)."""

    system: str
    machine: str
    needs: tuple[int, int]
    signed: bool = False


def read(content: bytes) -> Library | None:
    """Return what a library was made for; None for anything but a 64-bit library of Linux or macOS, little-endian."""
    try:
        if content[:6] == b"\x7fELF\x02\x01":
            return _elf(content)
        if content[:4] == struct.pack("<I", MACH_64):
            return _mach(content)
    except (struct.error, KeyError):
        return None
    return None


def _elf(content: bytes) -> Library:
    machine = ELF_MACHINES[struct.unpack_from("<H", content, 18)[0]]
    versions = re.findall(rb"GLIBC_(\d+)\.(\d+)", content)
    return Library("linux", machine, max(((int(major), int(minor)) for major, minor in versions), default=(0, 0)))


def _mach(content: bytes) -> Library:
    _, cpu, _, _, commands, _, _, _ = struct.unpack_from("<8I", content)
    needs, signed, at = (0, 0), False, 32
    for _ in range(commands):
        command, size = struct.unpack_from("<2I", content, at)
        if command in OLDEST_AT:
            (oldest,) = struct.unpack_from("<I", content, at + OLDEST_AT[command])
            needs = (oldest >> 16, oldest >> 8 & 0xFF)
        signed |= command == LC_CODE_SIGNATURE
        at += size
    return Library("macos", MACH_CPU_TYPES[cpu], needs, signed)
