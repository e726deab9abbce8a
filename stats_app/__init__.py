"""Counters and values over time."""
