"""Communities, users and views as an operator writes them."""

from pathlib import Path

import pytest

from device_sim.core.errors import ConfigError
from device_sim.core.fleet import parse_fleet
from device_sim.core.fleet_snmp import CommunitySpec, UserSpec, ViewSpec, parse_user, snmp_access
from device_sim.options import read_users

GROUPS = '[[groups]]\nprofile = "a"\n'


def access_of(text: str) -> dict[str, tuple[str | None, bool]]:
    spec = parse_fleet(text + GROUPS, "f.toml")
    access = snmp_access(spec.communities, spec.users, spec.views, "f.toml")
    rights = {name.decode(): access for name, access in access.communities.items()}
    rights |= {user.name.decode(): user.access for user in access.users}
    return {name: (one.tree.name if one.tree else None, one.writes) for name, one in rights.items()}


def test_a_community_is_a_name_or_a_table_and_a_user_has_rights_too() -> None:
    rights = access_of(
        """
        communities = ["public", { name = "private", access = "write" }, { name = "part", view = "supplies" }]
        users = [{ name = "alice", auth = "SHA-256", auth_password = "maplesyrup", view = "supplies" }]
        views = [{ name = "supplies", include = ["1.3.6.1.2.1.43.11"] }]
        """
    )

    assert rights == {
        "public": (None, False),
        "private": (None, True),
        "part": ("supplies", False),
        "alice": ("supplies", False),
    }


def test_a_user_of_the_command_line_is_a_user_of_a_fleet() -> None:
    assert parse_user("eve", "--user") == UserSpec(name="eve")
    assert parse_user("bob:SHA-1:maplesyrup", "--user") == UserSpec(
        name="bob", auth="SHA-1", auth_password="maplesyrup"
    )
    assert parse_user("al:SHA-512:maplesyrup:AES-128:pancakes1", "--user") == UserSpec(
        name="al", auth="SHA-512", auth_password="maplesyrup", priv="AES-128", priv_password="pancakes1"
    )


def test_users_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "users").write_text("# who may ask\neve\n\nbob:SHA-1:maplesyrup\n")

    assert [user.name for user in read_users([f"@{tmp_path}/users", "al"])] == ["eve", "bob", "al"]
    with pytest.raises(ConfigError, match="cannot be read; give @FILE"):
        read_users([f"@{tmp_path}/nobody"])


@pytest.mark.parametrize(
    "word, remedy",
    [
        ("bob:SHA-1", "must be NAME, NAME:AUTH:PASSWORD or"),
        ("bob:SHA1:maplesyrup", "must name as AUTH one of MD5, SHA-1"),
        ("bob:SHA-1:maplesyrup:DES:maplesyrup", "must name as PRIV AES-128"),
    ],
)
def test_a_user_word_that_cannot_be_read_is_refused_without_its_password(word: str, remedy: str) -> None:
    with pytest.raises(ConfigError, match=remedy) as refused:
        parse_user(word, "--user")
    assert "maplesyrup" not in str(refused.value)


@pytest.mark.parametrize(
    "user, remedy",
    [
        (UserSpec(name=""), r"users\[1\].name: must be 1 to 32 octets"),
        (UserSpec(name="a", auth="SHA-1", auth_password="short"), "auth_password: must have at least 8 characters"),
        (UserSpec(name="a", auth_password="maplesyrup"), "auth: is missing beside auth_password"),
        (UserSpec(name="a", priv="AES-128", priv_password="maplesyrup"), "priv: needs auth too"),
        (UserSpec(name="a", view="none"), "view: is no view; known here: all"),
    ],
)
def test_a_user_that_cannot_be_is_refused_with_the_remedy(user: UserSpec, remedy: str) -> None:
    with pytest.raises(ConfigError, match=remedy) as refused:
        snmp_access(["public"], [user], (), "f.toml")
    assert "short" not in str(refused.value)


@pytest.mark.parametrize(
    "view, remedy",
    [
        (ViewSpec(name="all", include=("1.3",)), 'must be a name of its own, other than "all"'),
        (ViewSpec(name="v", include=()), "must hold a subtree"),
        (ViewSpec(name="v", include=("1.3",), exclude=("1.3",)), "none that exclude holds too"),
        (ViewSpec(name="v", include=("printers",)), "must hold object identifiers"),
    ],
)
def test_a_view_that_cannot_be_is_refused_with_the_remedy(view: ViewSpec, remedy: str) -> None:
    with pytest.raises(ConfigError, match=remedy):
        snmp_access(["public"], (), [view], "f.toml")


def test_nobody_at_all_is_refused_but_users_alone_are_not() -> None:
    with pytest.raises(ConfigError, match="communities: needs at least one"):
        snmp_access((), (), (), "f.toml")
    with pytest.raises(ConfigError, match=r"communities\[2\]: stands there twice"):
        snmp_access(("a", CommunitySpec(name="a")), (), (), "f.toml")

    assert snmp_access((), [UserSpec(name="eve")], (), "f.toml").communities == {}
