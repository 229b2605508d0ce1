"""Attacks on the engine: each try is a process that has not seen the registry before.

The measure is always the same: what that process lists and loads is compared with import truth, and
what was wrong, raised or hung is counted. The counts must be 0.
"""
