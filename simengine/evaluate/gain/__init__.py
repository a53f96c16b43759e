"""Gain experiments: how much better a model gets on real data when synthetic data is added, with intervals."""
