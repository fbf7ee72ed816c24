"""A stand-in for a multimodal endpoint: it speaks the chat completions shape and knows nothing.

It shows that requests, time-outs and failures are handled; it says nothing of any model.
"""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class ChatServer:
    """``behave(number, body)`` gives a text, a status, ``hang`` or ``drip``."""

    def __init__(self, behave=lambda number, body: "She smiles."):
        self.bodies, self.headers = [], []
        self.is_closing = threading.Event()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                owner.bodies.append(body)
                owner.headers.append(dict(self.headers))
                outcome = behave(len(owner.bodies), body)
                if outcome == "hang":
                    owner.is_closing.wait(5)
                elif outcome == "drip":
                    self.send_response(200)
                    self.end_headers()
                    for _ in range(60):
                        self.wfile.write(b" ")
                        self.wfile.flush()
                        time.sleep(0.05)
                elif isinstance(outcome, int):
                    self._send(outcome, {"error": {"message": f"status {outcome}"}})
                else:
                    message = {"role": "assistant", "content": outcome}
                    self._send(200, {"choices": [{"message": message}]})

            def _send(self, status, data):
                payload = json.dumps(data).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            def handle_one_request(self):
                try:
                    super().handle_one_request()
                except OSError:  # the client gave up
                    self.close_connection = True

            def log_message(self, *args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self.is_closing.set()
        self._server.shutdown()
        self._server.server_close()
