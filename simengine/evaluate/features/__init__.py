"""From pictures, recordings and tables to the numbers that metrics compare, one kind a file."""
