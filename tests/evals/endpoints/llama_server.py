"""``python -m tests.evals.endpoints.llama_server FILE``: llama.cpp's own server for a GGUF file, until killed."""

from __future__ import annotations

import sys
import time

import xllamacpp


def main(path: str) -> None:
    parameters = xllamacpp.CommonParams()
    parameters.model.path, parameters.model_alias = path, {"tiny-1m"}
    parameters.hostnames, parameters.port = ["127.0.0.1"], 0
    parameters.n_ctx, parameters.n_parallel = 1024, 2
    parameters.cpuparams.n_threads = 1
    parameters.warmup = False
    server = xllamacpp.Server(parameters)
    print(f"listening at {server.listening_address}", flush=True)
    while True:
        time.sleep(60)


if __name__ == "__main__":
    main(sys.argv[1])
