"""Tell from source, with `ast` alone, what a reader of code objects should find in a module.

The oracle shares no line with the engine: it imports nothing from it and knows no byte code.
What the two can't both decide is kept apart: `dead` items and `unsure` names are not compared.
"""

from .reading import facts

__all__ = ["facts"]
