"""What [send] may say, and which uploads are remembered."""

from datetime import UTC, datetime, timedelta

import pytest

from data_collector.config import parse_config
from data_collector.core.uploads import (
    UPLOADS_MAX,
    UPLOADS_OF_A_BATCH_MAX,
    Upload,
    decode_uploads,
    encode_uploads,
    is_due,
    of_batch,
    with_upload,
    without_batch,
)
from data_collector.ftp_session import FtpServer
from data_collector.sending import SendVia, proxy_for
from data_collector.toml_table import ConfigError
from direct_connect.uplink.plain import PlainAddress

AT = datetime(2026, 11, 24, tzinfo=UTC)
REST = '[portal]\nurl = "https://portal.example"\n[[profile]]\ntargets = ["192.0.2.1"]\n'


def sent(text: str) -> SendVia | None:
    """What a configuration with this [send] leads to."""
    return parse_config(f"[send]\n{text}\n{REST}", {"SECRET": "hush"}).send


def test_without_send_batches_go_to_the_portal_by_https() -> None:
    assert sent("") is None


@pytest.mark.parametrize(
    ("text", "via"),
    [
        ('url = "http://portal.example"', PlainAddress(host="portal.example")),
        ('url = "http://portal.example:8080/in/"', PlainAddress(host="portal.example", port=8080, prefix="/in")),
        ('url = "ftp://192.0.2.5"\npassword_env = "SECRET"', FtpServer("192.0.2.5", user="inkwire", password="hush")),
        (
            'url = "ftp://[::1]:2121/site/drop/"\nuser = "site7"\npassword_env = "SECRET"',
            FtpServer("::1", 2121, "site/drop", user="site7", password="hush"),
        ),
        ('url = "ftp://a//srv"\npassword_env = "SECRET"', FtpServer("a", 21, "/srv", user="inkwire", password="hush")),
    ],
)
def test_the_scheme_of_the_address_says_how(text: str, via: SendVia) -> None:
    assert sent(text) == via


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ('url = "https://portal.example"', "left out for HTTPS"),
        ('url = "sftp://portal.example"\npassword_env = "SECRET"', "ftp://HOST"),
        ('url = "ftp://anna:secret@portal.example"\npassword_env = "SECRET"', "keys of their own"),
        ('url = "http://"', "http://HOST"),
        ('url = "http://host:99999"', "http://HOST"),
        ('url = "ftp://host/a%0d%0aDELE b"\npassword_env = "SECRET"', "ftp://HOST"),
        ('url = "ftp://host"', "password_env"),
        ('url = "ftp://host"\nuser = "a b"\npassword_env = "SECRET"', "user"),
        ('transport = "ftp"', "transport"),
    ],
)
def test_what_send_cannot_be_is_told_with_the_remedy(text: str, remedy: str) -> None:
    with pytest.raises(ConfigError, match=remedy) as told:
        sent(text)

    assert "hush" not in str(told.value)


def test_only_plain_http_takes_the_proxy_of_http() -> None:
    environment = {"http_proxy": "http://proxy.example:3128", "no_proxy": "inside.example"}

    proxy = proxy_for(PlainAddress(host="portal.example"), environment)
    assert proxy is not None
    assert proxy.where == "proxy.example:3128"
    assert proxy_for(PlainAddress(host="inside.example"), environment) is None
    assert proxy_for(PlainAddress(host="portal.example"), {"https_proxy": "http://proxy.example"}) is None
    assert proxy_for(None, environment) is None


def upload(batch: str, number: int) -> Upload:
    """The number-th upload of a batch, an hour after the one before."""
    return Upload(batch=batch, sha256=f"{number:064x}", at=AT + timedelta(hours=number))


def test_uploads_are_remembered_newest_first_and_within_limits() -> None:
    kept: tuple[Upload, ...] = ()
    for number in range(10):
        kept = with_upload(kept, upload("a", number))
    assert [one.at.hour for one in of_batch(kept, "a")] == [9, 8, 7, 6]
    assert len(of_batch(kept, "a")) == UPLOADS_OF_A_BATCH_MAX

    for number in range(40):
        kept = with_upload(kept, upload(f"b{number}", number))
    assert len(kept) == UPLOADS_MAX
    assert of_batch(kept, "a") == ()
    assert decode_uploads(encode_uploads(kept)) == kept
    assert of_batch(without_batch(kept, "b39"), "b39") == ()
    assert len(without_batch(kept, "b39")) == UPLOADS_MAX - 1


@pytest.mark.parametrize("kept", [None, "", "{", "[]", '{"uploads":[{"batch":1}]}', '{"uploads":"x"}'])
def test_what_is_remembered_may_be_damaged(kept: str | None) -> None:
    assert decode_uploads(kept) == ()


def test_a_batch_is_uploaded_again_only_after_its_time() -> None:
    last = (upload("a", 5), upload("a", 0))

    assert is_due((), AT, 3600.0)
    assert not is_due(last, AT + timedelta(hours=5, minutes=59), 3600.0)
    assert is_due(last, AT + timedelta(hours=6), 3600.0)
    assert is_due(last, AT, 3600.0)  # the clock was set back: better twice than never
