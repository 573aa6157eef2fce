"""The child process that runs llama.cpp: a server on loopback that ends when its standard input does."""

from __future__ import annotations

import json
import os
import sys
from typing import Any


def main() -> None:
    settings: dict[str, Any] = json.loads(sys.stdin.readline())
    say = os.fdopen(os.dup(1), "w")
    # What the library prints must not mix with the one line that the parent reads.
    os.dup2(2, 1)
    try:
        server = _serve(settings)
    except Exception as error:
        print(json.dumps({"error": str(error) or type(error).__name__}), file=say, flush=True)
        os._exit(3)
    print(json.dumps({"address": server.listening_address}), file=say, flush=True)
    sys.stdin.read()
    os._exit(0)


def _serve(settings: dict[str, Any]) -> Any:
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = settings["path"]
    parameters.n_ctx = settings["n_ctx"]
    parameters.cpuparams.n_threads = settings["threads"]
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.api_keys = [settings["key"]]
    parameters.cors_origins = ""
    parameters.ui = False
    parameters.endpoint_slots = False
    parameters.endpoint_props = False
    parameters.warmup = False
    parameters.verbosity = -1
    # Small batches let a prompt be stopped within half a second.
    parameters.n_batch = parameters.n_ubatch = 256
    parameters.n_parallel = 1
    parameters.cache_ram_mib = 0
    parameters.sleep_idle_seconds = 600
    return xllamacpp.Server(parameters)


if __name__ == "__main__":
    main()
