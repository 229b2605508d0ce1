"""What processing stands on: libraries of functions, functions of our own, table formats."""
