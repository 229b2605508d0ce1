"""Start an execution server: ``python -m openhcs.runtime.zmq_execution_server_launcher``."""

from __future__ import annotations

import sys

from openhcs.runtime.serve import main

if __name__ == "__main__":
    sys.exit(main(["execution", *sys.argv[1:]]))
