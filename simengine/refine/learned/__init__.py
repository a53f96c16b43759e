"""Refiners that learn from the user's photos; PyTorch is imported here and nowhere above."""
