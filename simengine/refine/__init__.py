"""Narrowing the sim-to-real gap, and proving that the labels survived."""
