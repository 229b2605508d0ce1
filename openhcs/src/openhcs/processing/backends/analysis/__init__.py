"""Image functions of our own that find objects."""
