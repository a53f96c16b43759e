"""Detectors and classifiers that learn from data sets: what the gain harness trains."""
