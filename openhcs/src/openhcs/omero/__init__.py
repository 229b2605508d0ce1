"""Plates in OMERO, or in a folder of OME files that stands in for a server.

Importing this package connects to nothing and imports no third-party library.
"""
