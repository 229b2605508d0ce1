"""The commands of the command line, a module each; importing one imports none of its work."""
