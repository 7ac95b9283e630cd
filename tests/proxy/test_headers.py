"""Fields of requests and answers, byte for byte, between a client and a provider of plain sockets."""

from __future__ import annotations

import json
import socket
import threading

import pytest

from payloads import FORMATS, big_table

OK = (
    b"HTTP/1.1 200 Fine\r\nX-b: 1\r\nx-A:  spaced \r\nX-B: 2\r\nlatin: caf\xe9 \xff\r\nutf: \xc3\xa9\r\n"
    b"set-cookie: a=1\r\nSet-Cookie: b=2\r\nCONTENT-length: 2\r\nx-empty:\r\n"
)
CHUNKED = b"3\r\nabc\r\n0\r\n\r\n"


class PlainProvider:
    """Answers each request on a connection with the same bytes, and keeps the heads of those that post something."""

    def __init__(self) -> None:
        self.answer = b""
        self.heads: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rwb") as stream:
            while line := stream.readline():
                head = [line]
                while (line := stream.readline()) not in (b"\r\n", b""):
                    head.append(line)
                # Who looked for a proxy of another test, which had the port before, is none of ours.
                if head[0].startswith(b"POST "):
                    self.heads.append(b"".join(head))
                lengths = [each.partition(b":")[2] for each in head if each.lower().startswith(b"content-length:")]
                stream.read(int(lengths[0]) if lengths else 0)
                stream.write(self.answer)
                stream.flush()
                if b"ontent-" not in self.answer and b"ransfer-" not in self.answer:
                    return

    def stop(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture(scope="module")
def plain():
    provider = PlainProvider()
    yield provider
    provider.stop()


@pytest.fixture(scope="module")
def between(tmp_path_factory, _provider, plain):
    from proxy.conftest import ProxyProcess

    proxy = ProxyProcess(tmp_path_factory.mktemp("home"), _provider, "--openai-url", plain.url)
    yield proxy
    assert proxy.stop()[0] == 0


def exchanged(proxy, raw):
    """What a proxy answers to the bytes of a request, up to the end of the connection."""
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as connection:
        connection.sendall(raw)
        got = b""
        while chunk := connection.recv(65_536):
            got += chunk
    return got


def post(body, *fields, version=b"1.1"):
    lines = [b"POST /v1/chat/completions HTTP/" + version, b"Host: localhost", *fields]
    lines += [b"Content-Length: %d" % len(body), b"Connection: close"]
    return b"\r\n".join([*lines, b"", body])


PLAIN = b'{"messages": [{"role": "user", "content": "hi"}]}'
COMPRESSED = json.dumps({"model": "m", "messages": FORMATS["openai"]([("q", "a", big_table())])}).encode()


def test_the_providers_fields_come_as_it_sent_them_and_none_is_added(between, plain):
    plain.answer = OK + b"\r\nok"
    got = exchanged(between, post(b"hello"))
    head, _, body = got.partition(b"\r\n\r\n")
    expected = OK.replace(b":  spaced ", b": spaced").replace(b"x-empty:", b"x-empty: ").splitlines()
    assert head.split(b"\r\n") == [*expected, b"Connection: close"]
    assert body == b"ok"


def test_only_the_figures_that_the_contract_names_are_added(between, plain):
    plain.answer = OK + b"\r\nok"
    got = exchanged(between, post(COMPRESSED))
    names = [line.partition(b":")[0] for line in got.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]]
    assert names[9:] == [b"x-headroom-tokens-before", b"x-headroom-tokens-after", b"Connection"]


def test_of_two_proxies_each_tells_its_own_client_its_own_figures(between, plain):
    plain.answer = OK + b"X-Headroom-Tokens-Before: 1\r\n\r\nok"
    [told] = [line for line in exchanged(between, post(COMPRESSED)).split(b"\r\n") if b"tokens-before" in line.lower()]
    assert int(told.partition(b": ")[2]) > 1


@pytest.mark.parametrize(
    ("answer", "version", "framed"),
    [
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nx: y\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            b"1.1",
            b"3\r\nabc\r\n0\r\n\r\n",
        ),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nx: y\r\n\r\n3\r\nabc\r\n0\r\n\r\n", b"1.0", b"abc"),
        (b"HTTP/1.0 200 OK\r\nx: y\r\n\r\nabc", b"1.1", b"3\r\nabc\r\n0\r\n\r\n"),
        (b"HTTP/1.1 204 No Content\r\ncontent-x: y\r\n\r\n", b"1.1", b""),
        (b"HTTP/1.1 500 \xc3\xa4h\r\nContent-Length: 3\r\n\r\nabc", b"1.0", b"abc"),
    ],
)
def test_a_body_ends_where_the_client_can_see_it(between, plain, answer, version, framed):
    plain.answer = answer
    head, _, body = exchanged(between, post(PLAIN, version=version)).partition(b"\r\n\r\n")
    assert body == framed
    assert b"server" not in head.lower()
    assert b"date" not in head.lower()
    status = answer.partition(b" ")[2].partition(b"\r\n")[0]
    assert head.partition(b"\r\n")[0] == b"HTTP/%s %s" % (version, status)


def test_an_answer_to_head_says_how_long_it_would_be_and_the_connection_goes_on(between, plain):
    plain.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"
    connection = between.connect()
    for _ in range(2):
        connection.request("HEAD", "/v1/models")
        response = connection.getresponse()
        assert (response.headers["Content-Length"], response.read()) == ("7", b"")
    plain.answer = OK + b"\r\nok"
    connection.request("GET", "/v1/models")
    assert connection.getresponse().read() == b"ok"
    connection.close()


def test_the_clients_fields_arrive_as_it_sent_them(between, plain):
    plain.answer = OK + b"\r\nok"
    fields = [b"X-b: 1", b"x-A: caf\xc3\xa9", b"AUTHORIZATION: Bearer k", b"X-b: 2", b"content-type: application/json"]
    exchanged(between, post(PLAIN, *fields[:3], b"X-B: 2", *fields[4:]))
    sent = plain.heads[-1].rstrip().split(b"\r\n")
    assert sent[1] == b"Host: " + plain.url.removeprefix("http://").encode()
    assert sent[2:] == [*fields, b"Content-Length: %d" % len(PLAIN)]


def test_a_field_of_other_bytes_than_text_does_not_cost_the_request(between, plain):
    plain.answer = OK + b"\r\nok"
    assert exchanged(between, post(PLAIN, b"x-latin: caf\xe9")).endswith(b"ok")
