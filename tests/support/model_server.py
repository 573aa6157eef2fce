"""A real HTTP server on loopback that speaks the OpenAI chat completions format, as scripted."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class ModelServer:
    """What it answers, and what it was asked."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.chunks: Sequence[str] = ("Hello", ", ", "you")
        self.raw: bytes | None = None
        """Sent as it is instead of the chunks."""
        self.status = 200
        self.content_type = "text/event-stream"
        self.extra_headers: dict[str, str] = {}
        self.done = True
        """Whether the stream ends as it should, or breaks off."""
        self.hold: threading.Event | None = None
        """Waited for after the first chunk."""
        self.pause = 0.0
        """Between two chunks, in seconds."""
        self.gone = threading.Event()
        """Set when the client closed the connection during an answer."""
        self.models: Sequence[str] | None = ("m",)
        """The names in its list of models; None where it has no such list."""
        self.lists = 0
        """How often it was asked for that list."""
        self.base_url = ""

    @property
    def last_texts(self) -> list[str]:
        """The texts of the last request's messages."""
        return [message["content"] for message in self.requests[-1]["messages"]]


@contextmanager
def model_server() -> Iterator[ModelServer]:
    """Runs a server on a free port."""
    script = ModelServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            script.lists += 1
            script.headers.append({name.lower(): value for name, value in self.headers.items()})
            if script.hold is not None:
                script.hold.wait()
            is_there = script.models is not None and self.path.endswith("/models")
            self.send_response(script.status if is_there or script.status != 200 else 404)
            self.send_header("content-type", "application/json")
            for name, value in script.extra_headers.items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(OSError):
                listed = {"object": "list", "data": [{"id": name, "object": "model"} for name in script.models or ()]}
                self.wfile.write(script.raw if script.raw is not None else json.dumps(listed).encode())

        def do_POST(self) -> None:
            script.headers.append({name.lower(): value for name, value in self.headers.items()})
            script.requests.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(script.status)
            self.send_header("content-type", script.content_type)
            for name, value in script.extra_headers.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                self._answer()
            except OSError:
                script.gone.set()

        def _answer(self) -> None:
            if script.raw is not None:
                self.wfile.write(script.raw)
                return
            self._event({"choices": [{"delta": {"role": "assistant", "content": None}}]})
            for number, chunk in enumerate(script.chunks):
                self._event({"choices": [{"delta": {"content": chunk}}]})
                time.sleep(script.pause)
                if script.hold is not None and number == 0:
                    while not script.hold.wait(0.02):
                        self._event({"choices": []})
            if script.done:
                self._event({"choices": [{"delta": {}, "finish_reason": "stop"}]})
                self.wfile.write(b"data: [DONE]\n\n")

        def _event(self, value: object) -> None:
            self.wfile.write(b"data: " + json.dumps(value).encode() + b"\n\n")
            self.wfile.flush()

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    script.base_url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield script
    finally:
        if script.hold is not None:
            script.hold.set()
        server.shutdown()
        server.server_close()
        thread.join()
