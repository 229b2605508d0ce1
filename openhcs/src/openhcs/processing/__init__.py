"""Image functions of several libraries by one name each, and the formats of result tables."""
