"""A real HTTP server on this machine that answers, or misbehaves, as told."""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

Answer = Callable[[str, dict[str, Any]], dict[str, Any]]


def text_answer(write: Callable[[str], str]) -> Answer:
    """Completions and chat completions whose text is a function of the prompt."""

    def answer(path: str, asked: dict[str, Any]) -> dict[str, Any]:
        prompt = asked["prompt"] if "prompt" in asked else asked["messages"][-1]["content"]
        text = write(prompt)
        said = {"message": {"role": "assistant", "content": text}} if "messages" in asked else {"text": text}
        usage = {"prompt_tokens": len(prompt.split()), "completion_tokens": len(text.split())}
        return {"model": asked["model"], "choices": [{"index": 0, "finish_reason": "stop", **said}], "usage": usage}

    return answer


@dataclass
class Stub:
    """``faults`` are used up one a request to /completions or /chat/completions, before anything is answered."""

    answer: Answer
    models: tuple[str, ...] = ("tiny",)
    faults: list[Any] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    url: str = ""
    most_at_once: int = 0
    now: int = 0
    lock: Any = field(default_factory=Lock)


@contextmanager
def served(stub: Stub) -> Iterator[Stub]:
    """The stub at an address of its own."""
    handler = type("Bound", (_Handler,), {"stub": stub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    stub.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    stub: Stub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        self.stub.headers.append(dict(self.headers))
        self._send(200, {"data": [{"id": name} for name in self.stub.models]})

    def do_POST(self) -> None:
        stub = self.stub
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with stub.lock:
            stub.asked.append(body)
            stub.headers.append(dict(self.headers))
            stub.paths.append(self.path)
            stub.at.append(time.monotonic())
            fault = stub.faults.pop(0) if stub.faults else None
            stub.now += 1
            stub.most_at_once = max(stub.most_at_once, stub.now)
        try:
            if fault is not None:
                self._misbehave(fault)
            elif body["model"] not in stub.models:
                self._send(404, {"error": {"message": f"The model `{body['model']}` does not exist"}})
            else:
                self._reply(stub.answer(self.path, body), stream=bool(body.get("stream")))
        finally:
            stub.now -= 1

    def _reply(self, whole: dict[str, Any], stream: bool) -> None:
        if "refuse" in whole:
            self._send(400, {"error": {"message": f"Unsupported parameter: '{whole['refuse']}'"}})
        elif stream:
            self._stream(whole)
        else:
            self._send(200, whole)

    def _misbehave(self, fault: Any) -> None:
        if fault == "hang":
            time.sleep(3)
        elif fault == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
        elif fault == "drip":
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "1000")
            self.end_headers()
            for _ in range(30):
                self.wfile.write(b" ")
                time.sleep(0.1)
        elif fault == "html":
            self._send(200, "<!DOCTYPE html><title>Welcome</title>", kind="text/html")
        elif fault == "half":
            self._send(200, '{"choices": [{"text": "a')
        else:
            status, headers, said = fault
            self._send(status, said, headers)

    def _stream(self, whole: dict[str, Any]) -> None:
        choice = whole["choices"][0]
        text = choice.get("text") or choice["message"]["content"]
        chat = "message" in choice
        name = whole["model"]
        pieces = [{"delta": {"content": part}} if chat else {"text": part} for part in (text[:1], text[1:])]
        events: list[Any] = [{"model": name, "choices": [{**piece, "finish_reason": None}]} for piece in pieces]
        events[-1]["choices"][0]["finish_reason"] = "stop"
        events.append({"model": name, "choices": [], "usage": whole["usage"]})
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for event in [*map(json.dumps, events), "[DONE]"]:
            self.wfile.write(f"data: {event}\n\n".encode())
            self.wfile.flush()

    def _send(self, status: int, said: Any, headers: Any = (), kind: str = "application/json") -> None:
        body = (said if isinstance(said, str) else json.dumps(said)).encode()
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
