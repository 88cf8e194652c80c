"""Signed URLs: a JWT that names one object stands for the right to read it, or to upload it."""

from __future__ import annotations
