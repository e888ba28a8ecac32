"""Numerics on plain arrays: no tables, no files, no words."""
