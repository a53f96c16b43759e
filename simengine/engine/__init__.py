"""Generation: plan, work units, workers, verification, replay."""
