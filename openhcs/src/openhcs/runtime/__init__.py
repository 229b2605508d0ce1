"""Servers that run jobs and show images in processes of their own, and their clients.

Importing this package imports no server; a server's module is imported when it is first used.
"""

from openhcs.runtime.zmq_base import ZMQ_SERVERS, ZMQServer

__all__ = ["ZMQ_SERVERS", "ZMQServer"]
