"""Turn lengths with units into micrometres."""

from __future__ import annotations

from openhcs.microscopes.plate import measured

TYPE_CHECKING = False
if TYPE_CHECKING:
    from openhcs.omero.gateway import Length

# Symbols as OME-XML and OMERO write them, names as OME-NGFF does; µ has two code points.
_MICROMETRES = {
    "µm": 1.0,
    "μm": 1.0,
    "um": 1.0,
    "micrometer": 1.0,
    "nm": 1e-3,
    "nanometer": 1e-3,
    "Å": 1e-4,
    "angstrom": 1e-4,
    "mm": 1e3,
    "millimeter": 1e3,
    "cm": 1e4,
    "centimeter": 1e4,
    "m": 1e6,
    "meter": 1e6,
}


def micrometres(length: Length | None) -> float | None:
    """Return *length* in micrometres; None where it is unknown or no physical length."""
    if length is None:
        return None
    factor = _MICROMETRES.get(length.getSymbol() or "")
    value = measured(length.getValue())
    return value * factor if factor and value else None
