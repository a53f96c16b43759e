"""Rendering: the Warp ray tracer and PyBullet's own renderers behind one protocol."""
