"""Judging data: gain experiments, and the fidelity, diversity, utility, privacy and balance of synthetic data."""
