"""Reading an HTTP answer from whoever sends it."""

import pytest

from direct_connect.core.captive import is_captive, is_captive_in_plain
from direct_connect.core.http_answer import BODY_BYTES_MAX, HEAD_BYTES_MAX, AnswerError, AnswerReader
from direct_connect.core.http_message import HttpAnswer

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nRetry-After: 7\r\nContent-Type: application/json\r\n\r\nhello"
CHUNKED = (
    b"HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3;x=y\r\nabc\r\n0a\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n"
)


def read(data: bytes, *, ended: bool = False, tunnel: bool = False) -> AnswerReader:
    reader = AnswerReader(tunnel=tunnel)
    reader.receive(data)
    if ended:
        reader.end()
    return reader


def read_bytewise(data: bytes) -> AnswerReader:
    reader = AnswerReader()
    for place in range(len(data)):
        assert not reader.done
        reader.receive(data[place : place + 1])
    return reader


@pytest.mark.parametrize("read_it", [read, read_bytewise])
def test_an_answer_with_a_length_is_read_whole(read_it: object) -> None:
    assert callable(read_it)
    reader = read_it(PLAIN)

    assert reader.done
    assert reader.reusable
    assert reader.answer == HttpAnswer(status=200, body=b"hello", retry_after="7", content_type="application/json")


@pytest.mark.parametrize("read_it", [read, read_bytewise])
def test_a_chunked_answer_is_put_together(read_it: object) -> None:
    assert callable(read_it)
    reader = read_it(CHUNKED)

    assert reader.done
    assert reader.reusable
    assert (reader.answer.status, reader.answer.body) == (503, b"abc0123456789")


def test_interim_answers_are_skipped() -> None:
    reader = read(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + PLAIN)

    assert reader.answer.status == 200


def test_an_answer_up_to_the_end_of_the_connection_is_whole_only_then() -> None:
    reader = read(b"HTTP/1.1 200 OK\r\n\r\nhel")
    assert not reader.done
    reader.receive(b"lo")
    reader.end()

    assert reader.answer.body == b"hello"
    assert not reader.reusable


@pytest.mark.parametrize(
    "data",
    [
        PLAIN + b"HTTP/1.1 422 Other\r\n\r\n",
        PLAIN.replace(b"OK\r\n", b"OK\r\nConnection: keep-alive, Close\r\n"),
        PLAIN.replace(b"HTTP/1.1", b"HTTP/1.0"),
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n" + bytes(BODY_BYTES_MAX + 1),
    ],
    ids=["a second answer behind it", "connection: close", "HTTP/1.0", "cut off"],
)
def test_a_connection_with_anything_left_in_it_is_not_used_again(data: bytes) -> None:
    reader = read(data)

    assert reader.done
    assert not reader.reusable
    assert len(reader.answer.body) <= BODY_BYTES_MAX


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n folded: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0x5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"0" * 5000,
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * HEAD_BYTES_MAX,
        b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * HEAD_BYTES_MAX,
        b"HTTP/1.1 100 Continue\r\n\r\n" * 9,
        b"HTTP/1.1 101 Switching\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"T: x\r\n" * HEAD_BYTES_MAX,
    ],
)
def test_nonsense_is_no_answer(data: bytes) -> None:
    with pytest.raises(AnswerError):
        read(data, ended=True)
    with pytest.raises(AnswerError):
        reader = AnswerReader()
        for place in range(len(data)):
            reader.receive(data[place : place + 1])
        reader.end()


@pytest.mark.parametrize("length", range(0, len(PLAIN), 7))
def test_an_answer_that_ends_early_is_no_answer(length: int) -> None:
    with pytest.raises(AnswerError):
        read(PLAIN[:length], ended=True)


def test_the_answer_to_connect_has_no_body_when_it_is_good() -> None:
    reader = read(b"HTTP/1.1 200 Connected\r\nContent-Length: 10\r\n\r\nTLS", tunnel=True)

    assert reader.done
    assert reader.rest == b"TLS"


@pytest.mark.parametrize(
    ("status", "location", "kind", "body", "captive"),
    [
        (200, None, "text/html; charset=utf-8", b"", True),
        (200, None, None, b"  <!DOCTYPE html><p>Log in", True),
        (200, None, "application/json", b"{}", False),
        (302, "https://login.hotel.example/", None, b"", True),
        (308, "https://portal.example/v1", None, b"", False),
        (511, None, None, b"", True),
        (502, None, "text/html", b"<html>Bad gateway</html>", False),
        (403, None, "text/html", b"<html>", False),
    ],
)
def test_a_login_page_is_recognised(
    status: int, location: str | None, kind: str | None, body: bytes, captive: bool
) -> None:
    assert is_captive(HttpAnswer(status=status, body=body, location=location, content_type=kind)) is captive


@pytest.mark.parametrize(
    ("location", "captive"),
    [
        ("https://portal.example/", False),
        ("https://PORTAL.example:8443/", False),
        ("/start", False),
        ("http://login.hotel.example/?from=portal.example", True),
        ("//[", True),
    ],
)
def test_in_plain_http_only_a_redirect_elsewhere_gives_a_login_page_away(location: str, captive: bool) -> None:
    assert is_captive_in_plain(HttpAnswer(status=302, body=b"", location=location), "portal.example") is captive
