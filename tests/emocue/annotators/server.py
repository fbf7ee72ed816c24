"""An endpoint that behaves badly on purpose: real HTTP, in a thread, with no model behind it."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Reply:
    """What the server does with one request."""

    text: str | None = ""
    """Content of the message; none for a message without."""
    status: int = 200
    error: str = "an error"
    """Message of any other status."""
    headers: dict[str, str] = field(default_factory=dict)
    tokens: tuple[int, int] = (100, 20)
    is_endless: bool = False
    """Send spaces and never finish."""
    is_cut: bool = False
    """Close the connection in the middle of the body."""


def said(**answer: Any) -> Reply:
    """A JSON answer."""
    return Reply(json.dumps(answer))


Behave = Callable[[int, dict[str, Any]], Reply]


def takes_all(number: int, body: dict[str, Any]) -> Reply:
    """An answer to a trial that says nothing of tokens, and so nothing against the endpoint."""
    return Reply("Yes", tokens=(0, 0))


class HostileServer:
    """``behave(number, body)`` says what to do with the request of that number, from 1.

    Trials, which ask for one token, are numbered and answered apart.
    """

    def __init__(self, behave: Behave, try_out: Behave) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.trials: list[dict[str, Any]] = []
        self.times: list[float] = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if body["max_tokens"] == 1:
                    owner.trials.append(body)
                    reply = try_out(len(owner.trials), body)
                else:
                    owner.bodies.append(body)
                    owner.times.append(time.monotonic())
                    reply = behave(len(owner.bodies), body)
                data: dict[str, Any] = {"error": {"message": reply.error}}
                if reply.status == 200:
                    sent, received = reply.tokens
                    data = {
                        "choices": [{"message": {"role": "assistant", "content": reply.text}}],
                        "usage": {"prompt_tokens": sent, "completion_tokens": received},
                    }
                payload = json.dumps(data).encode()
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                if not reply.is_endless:
                    self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                if reply.is_cut:
                    self.wfile.write(payload[: len(payload) // 2])
                    self.close_connection = True
                elif reply.is_endless:
                    while True:
                        self.wfile.write(b" " * 65536)
                else:
                    self.wfile.write(payload)

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except OSError:  # the client gave up
                    self.close_connection = True

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def serving(behave: Behave, try_out: Behave = takes_all) -> Iterator[HostileServer]:
    server = HostileServer(behave, try_out)
    try:
        yield server
    finally:
        server.close()


def part_types(body: dict[str, Any]) -> list[str]:
    """What a request shows: the types of its parts, ``text`` alone where it is words."""
    content = body["messages"][-1]["content"]
    return ["text"] if isinstance(content, str) else [part["type"] for part in content]


def words_of(body: dict[str, Any]) -> str:
    """All text of the user's turn."""
    content = body["messages"][-1]["content"]
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content if part["type"] == "text")
