"""Builders of parametric shapes, one file a family."""
