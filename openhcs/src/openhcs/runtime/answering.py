"""From the parts of a request to its answer, by the handler of the request's type."""

from __future__ import annotations

from openhcs.errors import MessageError
from openhcs.runtime.messages import decode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from openhcs.runtime.messages import Message
    from openhcs.runtime.zmq_base import Handler


def reply(parts: list[bytes], handlers: Mapping[str, Handler]) -> Message:
    """Return what the handler of the request in *parts* answers.

    Raises:
        MessageError: when the request is malformed or of a type that no handler takes.
    """
    if len(parts) != 1:
        raise MessageError(f"the message has {len(parts)} parts", fix="send one part")
    request = decode(parts[0])
    handler = handlers.get(request["type"])
    if handler is None:
        known = ", ".join(sorted(handlers))
        raise MessageError(
            f"there is no request of type {request['type'][:100]!r} here",
            fix=f"known types: {known}",
        )
    return handler(request)
