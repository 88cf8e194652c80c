"""Normalisers, one in each module: functions that rewrite texts, with null where a text is invalid."""
