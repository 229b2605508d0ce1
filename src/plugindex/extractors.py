"""Key extractors that are known without running them: a class name less its suffix."""

from __future__ import annotations

from plugindex.config import SuffixExtractor


def make_suffix_extractor(suffix: str) -> SuffixExtractor:
    """Return an extractor that gives the class name without *suffix*, in lower case."""
    return SuffixExtractor(suffix)


extract_key_from_handler_suffix = SuffixExtractor("Handler")
extract_key_from_backend_suffix = SuffixExtractor("Backend")
