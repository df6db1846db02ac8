"""The clock under the bridge is set by ten minutes, forward and back, while people sign in."""

import re

import jwt
import pytest

from support.fake_clock import FakeClock
from support.jitsi_rules import token_in, verify
from support.stream import Lost
from support.waiting import wait_until

FORWARD, BACK = 600, -600
STEPS = pytest.mark.parametrize("step", [FORWARD, BACK], ids=["forward", "back"])
EXPIRED, FAILED = "This sign-in is no longer valid", "The sign-in failed"
# What a test takes at most, in seconds.
LONGEST = 60


@pytest.fixture
def clock(tmp_path):
    return FakeClock(tmp_path)


def assert_of_now(url, clock, site):
    """A token as of the bridge's own clock."""
    claims = jwt.decode(
        token_in(url), site.secret, algorithms=["HS256"], audience="jitsi", options={"verify_exp": False, "verify_nbf": False, "verify_iat": False}
    )
    assert abs(claims["iat"] - clock.now()) < LONGEST
    assert claims["nbf"] < claims["iat"] < claims["exp"]


@STEPS
def test_a_session_outlives_a_step_and_its_tokens_are_of_the_clock_as_it_is(new_site, clock, step):
    site = new_site(variables=clock.variables)
    known = site.somebody(patience=0)
    assert_of_now(known.into(site.room("comet")), clock, site)
    asked = len(site.provider.requests("authorization"))

    clock.set(step)
    assert_of_now(known.into(site.room("rocket")), clock, site)
    clock.set(0)
    verify(known.into(site.room("vault-2")), site.secret)
    assert len(site.provider.requests("authorization")) == asked, "it has asked the provider who that is"


def test_a_login_under_way_when_the_clock_is_set_forward_begins_again_by_its_page(new_site, clock):
    site = new_site(variables=clock.variables)
    person = site.somebody(patience=0)
    callback = person.into(site.room("rocket"), at=f"{site.url}/callback")

    clock.set(FORWARD)
    with pytest.raises(Lost, match=EXPIRED) as left:
        person.into(callback)
    assert left.value.status == 400
    # This provider's ID tokens live for ten minutes: with the leeway of one, that is enough.
    assert_of_now(person.into(left.value.link()), clock, site)

    clock.set(0)
    verify(person.into(site.room("comet")), site.secret)
    verify(site.somebody(patience=0).into(site.room("comet")), site.secret)


@pytest.mark.parametrize(
    ("step", "said"),
    [(FORWARD, "issued 60. s ago by the clock here"), (BACK, "(599|600) s ahead of the clock here")],
    ids=["forward", "back"],
)
def test_sign_ins_by_a_clock_that_is_wrong_end_on_a_page_and_the_log_says_by_how_much(new_site, clock, step, said):
    # As long as Keycloak's.
    site = new_site(variables=clock.variables, id_token_seconds=300)
    person = site.somebody(patience=0)
    clock.set(step)
    with pytest.raises(Lost, match=FAILED) as left:
        person.into(site.room("rocket"))
    assert left.value.link() == site.room("rocket")
    wait_until("the difference in the log", lambda: re.search(said, site.bridge.log()))

    # Everything works again as soon as the clock is right.
    clock.set(0)
    verify(person.into(left.value.link()), site.secret)


def test_a_login_under_way_when_the_clock_is_set_back_for_a_moment_ends_well(new_site, clock):
    site = new_site(variables=clock.variables)
    person = site.somebody(patience=0)
    clock.set(BACK)
    callback = person.into(site.room("rocket"), at=f"{site.url}/callback")
    clock.set(0)
    # Begun ten minutes ago, by the clock: as long as a login may take.
    with pytest.raises(Lost, match=EXPIRED) as left:
        person.into(callback)
    verify(person.into(left.value.link()), site.secret)
