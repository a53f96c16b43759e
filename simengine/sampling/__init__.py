"""Randomness: distributions, keyed streams and low-discrepancy designs."""
