"""Encode: rows of texts become Postgres's binary COPY format, where that stores to the bit what the texts would."""

from processor.encode.plan import BinaryPlan, binary_plan, decisive, encode

__all__ = ["BinaryPlan", "binary_plan", "decisive", "encode"]
