"""The configuration of the service, and what a person is told when it is wrong."""

from datetime import timedelta
from pathlib import Path

import pytest

from data_collector.config import ConfigError, load_config, parse_config
from data_collector.core.known_readings import WholeEvery
from data_collector.core.masking import Masking
from data_collector.core.schedule import Rhythm
from data_collector.snmp.users import AuthProtocol, PrivProtocol

EXAMPLE = Path(__file__).parents[2] / "deploy" / "collector.example.toml"
SMALL = '[portal]\nurl = "https://p.example:8443/"\n[[profile]]\ntargets = ["10.0.0.0/24"]\n'


def test_the_example_loads_and_says_what_its_comments_say() -> None:
    config = load_config(EXAMPLE, {"INKWIRE_CLAIM": "CODE"})

    assert config.portal_url == "https://portal.example.com:8443"
    assert [profile.rhythm.focus_s for profile in config.profiles] == [10_800, 900]
    assert {profile.rhythm.range_s for profile in config.profiles} == {86_400}
    assert [profile.name for profile in config.profiles] == ["office", "warehouse"]
    assert config.claim == "CODE"
    assert config.masking == Masking(addresses=False, phone_numbers=True)


def test_a_small_configuration_has_the_defaults() -> None:
    config = parse_config(SMALL, {})

    (profile,) = config.profiles
    assert (config.portal_url, config.snmp_library) == ("https://p.example:8443", "native")
    assert profile.rhythm == Rhythm(focus_s=10_800, range_s=86_400)
    assert (profile.dialling.snmp_port, profile.dialling.communities) == (161, ("public",))
    assert (profile.announced, profile.rate) == (False, 30_000)
    assert (config.claim, config.trap_listen) == (None, None)
    assert config.hold_unchanged_s == 10_800
    assert config.whole_every == WholeEvery(readings=96, after=timedelta(days=1))


def test_how_often_a_printer_is_read_whole_is_the_sites_choice() -> None:
    text = SMALL.replace("[[profile]]", "[collector]\nwhole_every = 1\nwhole_interval_s = 3600\n[[profile]]")

    assert parse_config(text, {}).whole_every == WholeEvery(readings=1, after=timedelta(hours=1))


def test_communities_may_come_from_the_environment() -> None:
    config = parse_config(SMALL + 'communities_env = "SECRETS"\n', {"SECRETS": "one,two"})

    assert config.profiles[0].dialling.communities == ("one", "two")


def test_secrets_are_in_no_text_of_the_configuration() -> None:
    config = parse_config(SMALL + 'communities_env = "SECRETS"\n', {"SECRETS": "hush", "INKWIRE_CLAIM": "CLAIM-1"})

    assert "hush" not in repr(config)
    assert "CLAIM-1" not in repr(config)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[portal", "is not TOML"),
        (SMALL.replace("https", "http"), "portal.url must be the portal's address and begin with https://"),
        (SMALL.replace("url", "urll"), "portal.url must be"),
        (SMALL + "snmp_prot = 161\n", r"profile\[0\].snmp_prot is not known; did you mean .snmp_port.\? known here"),
        ("[collectr]\n" + SMALL, "collectr is not known"),
        ('[portal]\nurl = "https://p.example"\n', r"no \[\[profile\]\]: add one with targets"),
        (SMALL.replace("10.0.0.0/24", "10.0.0.0/40"), r'profile\[0\].targets .*"40" is no prefix length'),
        (SMALL + "snmp_port = 70000\n", "snmp_port must be a whole number from 1 to 65535"),
        (SMALL + 'snmp_port = "161"\n', "snmp_port must be a whole number"),
        (SMALL + "icmp = 1\n", "icmp must be true or false"),
        (SMALL + "communities = []\n", "communities is empty"),
        (SMALL + 'communities = "public"\n', "communities must be a list of texts"),
        (SMALL + 'communities_env = "NOT_SET"\n', "NOT_SET, which is empty"),
        ("[collector]\ninterval_s = 5\n" + SMALL, "collector.interval_s must be a number from 60"),
        (
            "[collector]\nhold_unchanged_s = 43201\n" + SMALL,
            "collector.hold_unchanged_s must be a number from 0 to 43200",
        ),
        ("[collector]\ninterval_s = true\n" + SMALL, "collector.interval_s must be a number"),
        (SMALL + "interval_s = 7200\nrange_interval_s = 3600\n", r"profile\[0\].range_interval_s must not be shorter"),
        (SMALL + '[[profile]]\nname = "profile 1"\n', r'profile\[1\].name "profile 1" is the name of another profile'),
        (SMALL + '[[profile.user]]\nname = "bob"\nauth = "SHA-256"\n', "user.*authentication password .* 0 characters"),
        (SMALL + '[[profile.user]]\nname = "bob"\nauth = "SHA-3"\n', "auth must be one of none, MD5, SHA-1"),
        (SMALL + 'communities_env = "A"\ncommunities_file = "B"\n', "are both given: keep one"),
        (SMALL + 'communities_file = "/nowhere/at/all"\n', "which cannot be read .*: check path and owner"),
        (SMALL + "rate = 1\n", "rate must be a whole number from 10 to 100000"),
        ('[status]\nlisten = ":8631"\n' + SMALL, "status.listen must be a loopback address"),
        ('[traps]\nlisten = "162"\n' + SMALL, 'traps.listen must be "ADDRESS:PORT" or ":PORT"'),
        ('[traps]\nlisten = "host:162"\n' + SMALL, 'traps.listen names "host", which is no IPv4 address'),
        ('[collector]\nsnmp_library = "net"\n' + SMALL, "snmp_library must be one of native, gufo, pysnmp"),
        ("portal = 3\n", r"portal must be a table: write \[portal\]"),
        ("[profile]\n" + '[portal]\nurl = "https://p"\n', r"profile must be a list of tables: write \[\[profile\]\]"),
    ],
)
def test_a_wrong_configuration_is_told_with_file_key_and_remedy(text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        parse_config(text, {}, "collector.toml")

    assert str(caught.value).startswith("collector.toml")


def test_a_file_that_is_not_there_is_told_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere.toml cannot be read .*check the path"):
        load_config(tmp_path / "nowhere.toml", {})


def test_a_file_that_is_no_text_is_told_so(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_bytes(b"\xff\xfe")

    with pytest.raises(ConfigError, match="save it as UTF-8"):
        load_config(path, {})


def test_a_profile_without_targets_is_for_the_networks_of_the_machine() -> None:
    (profile,) = parse_config('[portal]\nurl = "https://p.example"\n[[profile]]\nexclude = ["10.0.0.9"]\n', {}).profiles

    assert (profile.name, profile.targets) == ("default", None)
    assert profile.excluded is not None


def test_each_profile_has_its_own_rhythm_and_its_v3_users_in_order() -> None:
    text = SMALL + (
        "interval_s = 900\ncommunities = []\n"
        '[[profile.user]]\nname = "ops"\nauth = "SHA-256"\nauth_password_env = "A"\npriv = "AES-128"\n'
        'priv_password_env = "P"\n[[profile.user]]\nname = "old"\nauth = "MD5"\nauth_password_env = "A"\n'
    )
    config = parse_config(text, {"A": "auth-secret", "P": "priv-secret"})

    (profile,) = config.profiles
    assert profile.rhythm == Rhythm(focus_s=900, range_s=86_400)
    assert profile.dialling.communities == ()
    assert [(one.name, one.auth_protocol, one.priv_protocol) for one in profile.dialling.users] == [
        ("ops", AuthProtocol.SHA_256, PrivProtocol.AES_128),
        ("old", AuthProtocol.MD5, PrivProtocol.NONE),
    ]
    assert profile.dialling.users[0].priv_password == "priv-secret"
    assert "secret" not in repr(config)


def test_a_secret_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("one,two\n")
    secret.chmod(0o640)

    with pytest.raises(ConfigError, match="which others may read: chmod 600"):
        parse_config(SMALL + f'communities_file = "{secret}"\n', {})

    secret.chmod(0o600)
    config = parse_config(SMALL + f'communities_file = "{secret}"\n', {})
    assert config.profiles[0].dialling.communities == ("one", "two")
