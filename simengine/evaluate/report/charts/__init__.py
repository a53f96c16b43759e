"""Charts as functions from numbers to drawings, one kind a file."""
