"""A microscope and a storage backend for openhcs; importing this package registers both."""


def register_plugins() -> None:
    """Import the modules with plugins: their class statements register."""
    from my_openhcs_plugin import backends, microscopes  # noqa: F401


register_plugins()
