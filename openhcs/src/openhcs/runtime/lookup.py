"""Find the class of a kind of server."""

from __future__ import annotations

from openhcs.errors import ServerError
from openhcs.runtime.zmq_base import ZMQ_SERVERS
from plugindex import RegistryError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from openhcs.runtime.zmq_base import ZMQServer


def server_class(server_type: str) -> type[ZMQServer]:
    """Return the class of the servers of *server_type*.

    Raises:
        ServerError: when there is none, or it can't be loaded.
    """
    try:
        return ZMQ_SERVERS[server_type]
    except (KeyError, RegistryError) as error:
        # The registry's own words name near types, and what keeps this one from being loaded.
        raise ServerError(str(error), fix=f"choose one of {', '.join(ZMQ_SERVERS)}") from error
