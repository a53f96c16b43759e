"""Metrics of synthetic data as pure functions on arrays, one family a file."""
