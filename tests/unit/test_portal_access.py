"""Claims, roles, throttles, sessions' tokens, redirects: the pure parts of who gets in."""

from dataclasses import dataclass, replace

import pytest

from portal.auth.middleware import is_public, safe_next
from portal.domain.access import Action, Role, authorize
from portal.domain.claims import Claim, ClaimVerdict, judge_claim, secret_hash
from portal.domain.throttle import Throttle, ThrottlePolicy
from portal.errors import ForbiddenError, NotFoundError
from tests.support.portal import at

SECRET = "00" * 8
CLAIM = Claim(secret_hash=secret_hash("abcdef", SECRET), expires_at=at(60), burnt=False, used_by_kid=None)


def judge(claim: Claim | None, *, secret: str = SECRET, kid: str = "mine", minutes: float = 0) -> ClaimVerdict:
    return judge_claim(claim, "abcdef", secret, kid, at(minutes))


def test_a_good_code_lets_in() -> None:
    assert judge(CLAIM) is ClaimVerdict.ENROL


def test_a_used_code_answers_its_user_again_and_nobody_else() -> None:
    used = replace(CLAIM, used_by_kid="mine")

    assert judge(used) is ClaimVerdict.REPEAT
    assert judge(used, minutes=9_999) is ClaimVerdict.REPEAT
    assert judge(used, kid="other") is ClaimVerdict.USED


def test_a_code_ends_with_its_life() -> None:
    assert judge(CLAIM, minutes=60) is ClaimVerdict.EXPIRED


def test_a_burnt_code_refuses_even_the_right_secret() -> None:
    assert judge(replace(CLAIM, burnt=True)) is ClaimVerdict.BURNT


def test_a_wrong_secret_and_no_code_are_one() -> None:
    assert judge(CLAIM, secret="11" * 8) is judge(None) is ClaimVerdict.WRONG


@dataclass(frozen=True)
class Whose:
    tenant_id: int
    role: Role = Role.ADMIN


def test_another_tenants_object_does_not_exist_even_for_an_admin() -> None:
    with pytest.raises(NotFoundError):
        authorize(Whose(1), Action.VIEW, Whose(2))


@pytest.mark.parametrize(
    ("role", "action", "allowed"),
    [
        (Role.VIEWER, Action.VIEW, True),
        (Role.VIEWER, Action.EXPORT, False),
        (Role.BILLING, Action.EXPORT, True),
        (Role.BILLING, Action.MANAGE_SENDERS, False),
        (Role.OPERATOR, Action.MANAGE_SENDERS, True),
        (Role.OPERATOR, Action.MANAGE_USERS, False),
        (Role.ADMIN, Action.MANAGE_USERS, True),
    ],
)
def test_a_role_may_what_it_says_and_no_more(role: Role, action: Action, allowed: bool) -> None:
    if allowed:
        authorize(Whose(1, role), action, Whose(1))
        return
    with pytest.raises(ForbiddenError):
        authorize(Whose(1, role), action, Whose(1))


POLICY = ThrottlePolicy(window_s=100, pair_max=3, address_max=5, account_max=10)


def test_a_pair_waits_after_its_failures_and_is_free_after_the_window() -> None:
    throttle = Throttle(POLICY)
    for second in range(3):
        assert throttle.wait_s("anna", "192.0.2.1", second) == 0
        throttle.failed("anna", "192.0.2.1", second)

    assert throttle.wait_s("anna", "192.0.2.1", 3) == 98
    assert throttle.wait_s("anna", "192.0.2.2", 3) == 0
    assert throttle.wait_s("anna", "192.0.2.1", 101) == 0


def test_an_address_that_tries_many_accounts_waits() -> None:
    throttle = Throttle(POLICY)
    for number in range(5):
        throttle.failed(f"user{number}", "192.0.2.1", 0)

    assert throttle.wait_s("anna", "192.0.2.1", 1) > 0


def test_strangers_cannot_lock_a_known_address_out() -> None:
    throttle = Throttle(POLICY)
    throttle.succeeded("anna", "192.0.2.1")
    for number in range(10):
        throttle.failed("anna", f"198.51.100.{number}", 0)

    assert throttle.wait_s("anna", "203.0.113.1", 1) > 0
    assert throttle.wait_s("anna", "192.0.2.1", 1) == 0


@pytest.mark.parametrize(
    "target", ["https://evil.example", "//evil.example", "/\\evil.example", "", None, "devices", "/login?x"]
)
def test_a_login_never_leads_to_another_host(target: str | None) -> None:
    assert safe_next(target) == "/"


def test_a_login_leads_back_to_the_wanted_place() -> None:
    assert safe_next("/devices?state=late") == "/devices?state=late"


@pytest.mark.parametrize(
    ("path", "public"), [("/login", True), ("/static/a.css", True), ("/", False), ("/loginx", False)]
)
def test_only_the_login_and_its_looks_are_public(path: str, public: bool) -> None:
    assert is_public(path) is public
