"""Scenes: schema, loading with locations, overlays, the catalogue, drawing."""
