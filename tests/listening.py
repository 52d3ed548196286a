"""Real connections: a service behind uvicorn in a thread, and what comes back over a socket."""

import contextlib
import json
import re
import socket
import threading
import time

import uvicorn
from waiting import HANG_SECONDS

from app.settings import Settings
from app.web.problems import PROBLEMS
from app.web.server import uvicorn_options


@contextlib.contextmanager
def listening(service, **settings):
    """Give the port of a service on loopback."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        options = uvicorn_options(Settings(_env_file=None, **settings), host="127.0.0.1", port=0, workers=1)
        server = uvicorn.Server(uvicorn.Config(service, **options))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


def connect(port, *pieces, receive_buffer=None):
    """Connect, and send pieces; a small receive buffer makes the sender feel early what is not read."""
    connection = socket.socket()
    if receive_buffer is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.settimeout(HANG_SECONDS)
    connection.connect(("127.0.0.1", port))
    for piece in pieces:
        with contextlib.suppress(ConnectionError):
            connection.sendall(piece)
    return connection


def read_all(connection):
    """Read until the other side closes, which it may do with what was sent to it unread."""
    answer = bytearray()
    with contextlib.suppress(ConnectionError):
        while piece := connection.recv(65536):
            answer += piece
    return bytes(answer)


def exchange(port, *pieces):
    """Send pieces, and read until the other side closes."""
    with connect(port, *pieces) as connection:
        return read_all(connection)


def check_refusal(answer, status, code):
    """Check that what was read is one problem document, after which the connection was closed."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    headers = dict(line.lower().split(": ", 1) for line in head.decode().split("\r\n")[1:])
    assert headers["content-type"] == "application/problem+json"
    assert headers["connection"] == "close"
    assert int(headers["content-length"]) == len(body)
    document = json.loads(body)
    assert (document["status"], document["code"]) == (status, code)
    assert document["type"] in {f"/docs/problems#{kind.code}" for kind in PROBLEMS}
    assert document["request_id"] == headers["x-request-id"]
    assert re.fullmatch("[0-9a-f]{32}", headers["x-request-id"])
    return document
