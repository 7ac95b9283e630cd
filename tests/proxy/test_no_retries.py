"""A request is sent once: whether to send it again is for the client to say."""

from __future__ import annotations

import socket
import threading

import pytest

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class Dropper:
    """An upstream that answers the first request of each connection, and closes it when the second one came."""

    def __init__(self):
        self.seen = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                self.seen.append(connection.recv(65_536).split(b" ")[0].decode())
                connection.sendall(ANSWER)
                if again := connection.recv(65_536):
                    self.seen.append(again.split(b" ")[0].decode())

    def close(self):
        self._listener.close()


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_request_whose_connection_was_closed_is_not_sent_again(started, method):
    upstream = Dropper()
    proxy = started(OPENAI_TARGET_API_URL=upstream.url)
    assert proxy.send("GET", "/v1/models").status == 200
    assert proxy.send(method, "/v1/files/1").status == 502
    assert upstream.seen == ["GET", method]
    upstream.close()
