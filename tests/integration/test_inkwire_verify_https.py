"""`inkwire verify` against a real HTTPS server: what it reads, and how each thing that can go wrong is told."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from inkwire.verify.cli import main
from tests.support.verify import PLOTTER, export_files, fleet, shown, truth_file
from tests.support.verify_portal import TOKEN, Behaviour, RunningPortal, export_portal


class House:
    """A truth, a portal, and the words that compare them."""

    def __init__(self, folder: Path, portal: RunningPortal) -> None:
        self.folder, self.portal = folder, portal
        self.truth = folder / "truth.jsonl"
        self.truth.write_bytes(truth_file(fleet()))
        self.token = folder / "token"
        self.token.write_text(TOKEN + "\n")

    def verify(self, *words: str, url: str | None = None, ca: Path | None = None) -> int:
        fixed = ["--portal", url or self.portal.url, "--token-file", str(self.token)]
        return main([str(self.truth), *fixed, "--ca", str(ca or self.folder / "ca.pem"), *words])


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with export_portal(tmp_path, Behaviour(streams=export_files(shown(fleet())))) as portal:
        yield House(tmp_path, portal)


def one_sentence(capsys: pytest.CaptureFixture[str]) -> str:
    """What was told: one line on stderr, nothing on stdout, no traceback."""
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("inkwire verify: ")
    assert told.err.count("\n") == 1
    return told.err


def test_a_portal_that_shows_it_all_is_0_and_says_so(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    assert house.verify() == 0

    told = capsys.readouterr()
    assert told.out.endswith("\nNothing lost, nothing twice: 18 jobs, 78 impressions, 4 printers.\n")
    assert told.err == ""
    assert sorted(house.portal.behaviour.asked) == [
        f"/v1/export/{name}.jsonl" for name in ("alerts", "devices", "jobs", "meters", "readings")
    ]


def test_readings_are_asked_before_what_they_carry(house: House) -> None:
    house.verify()

    assert house.portal.behaviour.asked[0] == "/v1/export/readings.jsonl"


def test_a_difference_is_1_and_named_on_stdout(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    export = shown(fleet())
    house.portal.behaviour.streams = export_files(replace(export, jobs=export.jobs[1:]))

    assert house.verify() == 1
    out = capsys.readouterr().out
    assert f"lost: job 101 of {PLOTTER}" in out
    assert out.endswith("\n1 difference: 1 lost.\n")


def test_json_is_one_object_on_one_line(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    assert house.verify("--json") == 0

    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["same"] is True


def test_the_limits_of_lateness_are_options(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    assert house.verify("--late-after", "60") == 1
    assert "late" in capsys.readouterr().out
    assert house.verify("--critical-late-after", "1") == 1
    assert house.verify("--pending-within", "0") == 0


def test_a_stranger_s_device_is_a_difference_unless_allowed(house: House) -> None:
    export = shown(fleet())
    stranger = replace(export.devices[0], serial="STRANGER", device_id="9")
    house.portal.behaviour.streams = export_files(replace(export, devices=(*export.devices, stranger)))

    assert house.verify() == 1
    assert house.verify("--allow-others") == 0


def test_token_and_ca_may_come_from_the_environment(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INKWIRE_PORTAL_TOKEN", TOKEN)
    monkeypatch.setenv("INKWIRE_PORTAL_CA", str(house.folder / "ca.pem"))

    assert main([str(house.truth), "--portal", house.portal.url + "/"]) == 0


def test_a_length_tells_the_end_as_well_as_chunks(house: House) -> None:
    house.portal.behaviour.framing = "length"

    assert house.verify() == 0


@pytest.mark.parametrize("framing", ["chunks", "length"])
@pytest.mark.parametrize("name", ["devices", "readings", "meters", "jobs", "alerts"])
@pytest.mark.parametrize("where", ["nothing", "half a line", "after a line"])
def test_a_stream_that_was_cut_is_an_error_and_never_a_verdict(
    house: House, capsys: pytest.CaptureFixture[str], framing: str, name: str, where: str
) -> None:
    body = house.portal.behaviour.streams[name]
    first = body.index(b"\n") + 1
    house.portal.behaviour.framing = "chunks" if framing == "chunks" else "length"
    house.portal.behaviour.cut[name] = {"nothing": 0, "half a line": first + 20, "after a line": first}[where]

    assert house.verify() == 2
    told = one_sentence(capsys)
    assert "was cut short" in told
    assert f"{name}.jsonl" in told


def test_a_whole_stream_whose_last_line_is_half_is_an_error(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    streams = house.portal.behaviour.streams
    house.portal.behaviour.streams = {**streams, "jobs": streams["jobs"][:-30]}

    assert house.verify() == 2
    assert "cut short" in one_sentence(capsys)


def test_a_stream_that_does_not_say_where_it_ends_is_an_error(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.portal.behaviour.framing = "none"

    assert house.verify() == 2
    assert "does not say how long" in one_sentence(capsys)


def test_a_line_that_is_no_row_is_told_with_its_place(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    streams = house.portal.behaviour.streams
    house.portal.behaviour.streams = {**streams, "meters": streams["meters"].replace(b'"impressions"', b'"pages"', 1)}

    assert house.verify() == 2
    assert "meters.jsonl, line 1: /unit: must be one of" in one_sentence(capsys)


def test_a_wrong_token_is_told_with_the_remedy(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.token.write_text("another")

    assert house.verify() == 2
    told = one_sentence(capsys)
    assert "refuses the token (401)" in told
    assert "inkwire portal create-token" in told


@pytest.mark.parametrize("text", ["", "  \n", "two words", "ünicode", "line\r\nX: y"])
def test_a_token_that_can_not_be_one_is_not_sent(house: House, capsys: pytest.CaptureFixture[str], text: str) -> None:
    house.token.write_text(text)

    assert house.verify() == 2
    assert "token" in one_sentence(capsys)
    assert house.portal.behaviour.asked == []


def test_no_token_at_all_is_told_with_the_remedy(
    house: House, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("INKWIRE_PORTAL_TOKEN", raising=False)

    assert main([str(house.truth), "--portal", house.portal.url]) == 2
    assert "no usable token in INKWIRE_PORTAL_TOKEN" in one_sentence(capsys)


def test_a_portal_of_another_ca_is_not_trusted_and_gets_no_token(
    house: House, capsys: pytest.CaptureFixture[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    with export_portal(other, Behaviour(streams={})):
        assert house.verify(ca=other / "ca.pem") == 2

    told = one_sentence(capsys)
    assert "is not trusted" in told
    assert "--ca FILE" in told
    assert house.portal.behaviour.asked == []


def test_a_certificate_for_another_name_is_not_trusted(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    assert house.verify(url=house.portal.url.replace("127.0.0.1", "localhost")) == 2

    assert "is not trusted" in one_sentence(capsys)


@pytest.mark.parametrize("content", [None, "this is no certificate"])
def test_a_ca_file_that_is_none_is_told(house: House, capsys: pytest.CaptureFixture[str], content: str | None) -> None:
    file = house.folder / "other.pem"
    if content is not None:
        file.write_text(content)

    assert house.verify(ca=file) == 2
    assert f"the CA certificate {file} cannot be read" in one_sentence(capsys)


def test_a_portal_that_is_down_is_told_with_the_remedy(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"https://127.0.0.1:{unused.getsockname()[1]}"

        assert house.verify(url=url) == 2
    told = one_sentence(capsys)
    assert f"nothing listens at {url}" in told
    assert "inkwire portal serve" in told


def test_something_that_does_not_speak_tls_is_told(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as plain, ExitStack() as stack:

        def answer() -> None:
            connection, _ = plain.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        stack.callback(thread.join)
        assert house.verify(url=f"https://127.0.0.1:{plain.getsockname()[1]}") == 2

    assert "does not speak TLS" in one_sentence(capsys)


@pytest.mark.parametrize(
    ("status", "said"), [(301, "sends on to https://elsewhere"), (403, "refuses the token"), (500, "answered 500")]
)
def test_any_other_answer_is_told_and_not_followed(
    house: House, capsys: pytest.CaptureFixture[str], status: int, said: str
) -> None:
    house.portal.behaviour.status = status
    house.portal.behaviour.headers = {"Location": "https://elsewhere.example/\x1b[2J"}

    assert house.verify() == 2
    told = one_sentence(capsys)
    assert said in told
    assert "\x1b" not in told


def test_a_server_that_is_no_portal_is_told(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.portal.behaviour.streams = {}

    assert house.verify() == 2
    assert "is --portal the address of an Inkwire portal?" in one_sentence(capsys)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:80", "127.0.0.1:8443", "https://", "https://h:99999", "https://me:pw@h", "https://h/?q=1"]
)
def test_an_address_that_is_no_portal_s_is_refused_before_anything_is_sent(
    house: House, capsys: pytest.CaptureFixture[str], url: str
) -> None:
    assert house.verify(url=url) == 2

    assert "https://HOST:PORT" in one_sentence(capsys)


def test_a_truth_that_can_not_be_read_is_told_before_the_portal_is_asked(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    house.truth.write_bytes(house.truth.read_bytes()[:-40])

    assert house.verify() == 2
    assert "truth.jsonl" in one_sentence(capsys)
    assert house.portal.behaviour.asked == []


@pytest.mark.parametrize(
    "words", [["--late-after", "-1"], ["--late-after", "soon"], ["--list-max", "-1"], ["--lat", "3"]]
)
def test_a_wrong_option_is_2(house: House, words: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        house.verify(*words)

    assert caught.value.code == 2
