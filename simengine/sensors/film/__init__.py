"""From light to a picture file: what lens, sensor and processing of a camera do to colour."""
