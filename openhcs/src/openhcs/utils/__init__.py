"""Parts that serve the whole of openhcs."""
