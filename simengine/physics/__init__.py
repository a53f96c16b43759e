"""Physics: the PyBullet adapter, placement, settling, trajectories."""
