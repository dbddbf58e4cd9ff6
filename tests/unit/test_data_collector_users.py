"""SNMPv3 users as a person configures them."""

import pytest

from data_collector.snmp.users import AuthProtocol, PrivProtocol, UserError, UsmUser


def test_a_user_shows_no_password() -> None:
    user = UsmUser(
        name="inkwire",
        auth_protocol=AuthProtocol.SHA_256,
        auth_password="canary-auth",
        priv_protocol=PrivProtocol.AES_128,
        priv_password="canary-priv",
    )

    assert "canary" not in repr(user) + str(user)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": ""}, "1 to 32 bytes"),
        ({"name": "é" * 17}, "1 to 32 bytes"),
        ({"name": "u", "auth_protocol": AuthProtocol.MD5, "auth_password": "short77"}, "at least 8"),
        ({"name": "u", "auth_password": "long enough"}, "no authentication protocol"),
        ({"name": "u", "priv_protocol": PrivProtocol.DES, "priv_password": "long enough"}, "name both"),
    ],
)
def test_what_the_standard_forbids_is_said_at_once_and_without_the_password(
    wrong: dict[str, object], sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence) as caught:
        UsmUser(**wrong)  # type: ignore[arg-type]

    assert "short77" not in str(caught.value)
    assert "long enough" not in str(caught.value)
