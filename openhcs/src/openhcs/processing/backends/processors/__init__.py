"""Image functions of our own that make an image of an image."""
