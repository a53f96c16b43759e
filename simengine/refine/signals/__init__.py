"""Refining simulated vibration towards a user's healthy recordings, and the audit that its labels survived."""
