"""The collector's systemd unit: nothing allowed that its configuration does not need."""

import shlex

import pytest

from data_collector.core.environment_file import environment_of, with_variables
from data_collector.core.unit import UnitError, UnitPlan, unit_text


def plan(**changed: object) -> UnitPlan:
    return UnitPlan(
        **{
            "program": ("/opt/inkwire/bin/inkwire",),
            "config": "/etc/inkwire/collector.toml",
            "environment": "/etc/inkwire/collector.env",
            "state": "/var/lib/inkwire/collector",
            **changed,
        }  # type: ignore[arg-type]
    )


def setting(text: str, name: str) -> str:
    (found,) = [line.partition("=")[2] for line in text.splitlines() if line.startswith(f"{name}=")]
    return found


@pytest.mark.parametrize(
    ("changed", "allowed"),
    [
        ({}, ""),
        ({"trap_port": 1162}, ""),
        ({"trap_port": 162}, "CAP_NET_BIND_SERVICE"),
        ({"raw_ping": True}, "CAP_NET_RAW"),
        ({"trap_port": 162, "raw_ping": True}, "CAP_NET_BIND_SERVICE CAP_NET_RAW"),
    ],
)
def test_a_capability_is_given_only_for_what_the_configuration_needs(changed: dict[str, object], allowed: str) -> None:
    text = unit_text(plan(**changed))

    assert setting(text, "AmbientCapabilities") == setting(text, "CapabilityBoundingSet") == allowed
    assert setting(text, "PrivateUsers") == ("no" if allowed else "yes")  # a capability holds in its own namespace only


def test_the_state_is_the_configured_folder_under_var_lib() -> None:
    assert setting(unit_text(plan(state="/var/lib/other/one")), "StateDirectory") == "other/one"


@pytest.mark.parametrize("state", ["/srv/collector", "/var/lib", "relative", "/var/lib/../../etc", "/home/me/x"])
def test_a_folder_that_systemd_cannot_keep_is_refused_with_one_that_it_can(state: str) -> None:
    with pytest.raises(UnitError, match='write directory = "/var/lib/inkwire/collector"'):
        unit_text(plan(state=state))


def test_a_program_in_a_home_is_refused_because_the_service_would_not_see_it() -> None:
    with pytest.raises(UnitError, match="does not see: install it elsewhere"):
        unit_text(plan(program=("/home/me/.venv/bin/inkwire",)))


def test_a_path_with_spaces_and_percent_signs_reaches_the_program_as_it_is() -> None:
    command = setting(unit_text(plan(program=("/opt/my ink%wire/bin/python", "-m", "inkwire"))), "ExecStart")

    assert shlex.split(command.replace("%%", "%"))[0] == "/opt/my ink%wire/bin/python"
    assert "ink%%wire" in command


def test_a_variable_is_set_where_it_stands_and_the_rest_of_the_file_stays() -> None:
    before = "# of the site\nHTTPS_PROXY=http://proxy:3128\nINKWIRE_CLAIM='old'\n"

    after = with_variables(before, {"INKWIRE_CLAIM": 'n"e$w\\', "OTHER": "a b"})

    assert after.splitlines()[:2] == before.splitlines()[:2]
    assert environment_of(after) == {"HTTPS_PROXY": "http://proxy:3128", "INKWIRE_CLAIM": 'n"e$w\\', "OTHER": "a b"}
    assert with_variables(after, {"OTHER": "a b"}) == after
