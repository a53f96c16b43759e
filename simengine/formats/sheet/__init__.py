"""The panels of a recording's sheet, and what they mark."""
