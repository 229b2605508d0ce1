"""The formats of result tables: one row a well, as instruments' software exports them."""

from openhcs.processing.backends.experimental_analysis.format_registry import (
    FORMAT_REGISTRIES,
    MicroscopeFormatRegistryBase,
    detect_format,
)

__all__ = ["FORMAT_REGISTRIES", "MicroscopeFormatRegistryBase", "detect_format"]
