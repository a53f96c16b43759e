"""Sensors: what cameras make of a trajectory."""
