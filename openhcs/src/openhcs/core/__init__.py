"""What the rest of openhcs stands on: the registry engine, cache paths, ordering."""
