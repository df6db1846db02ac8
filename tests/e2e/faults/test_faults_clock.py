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
UNAVAILABLE = "The sign-in service cannot be reached"
# What a test takes at most, in seconds.
LONGEST = 60


@pytest.fixture
def clock(tmp_path):
    return FakeClock(tmp_path)


def assert_of_now(url, clock, site):
    """A token as of the bridge's own clock."""
    whatever_the_time = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
    claims = jwt.decode(token_in(url), site.secret, ["HS256"], audience="jitsi", options=whatever_the_time)
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


def test_a_login_begun_by_a_clock_that_was_behind_begins_again_by_its_page(new_site, clock):
    site = new_site(variables=clock.variables)
    person = site.somebody(patience=0)
    clock.set(BACK)
    callback = person.into(site.room("rocket"), at=f"{site.url}/callback")
    clock.set(0)
    # Begun ten minutes ago, by the clock: as long as a login may take.
    with pytest.raises(Lost, match=EXPIRED) as left:
        person.into(callback)
    verify(person.into(left.value.link()), site.secret)


def test_a_provider_that_failed_by_a_wrong_clock_is_asked_as_soon_as_the_clock_is_right(new_site, clock):
    site = new_site(variables=clock.variables)
    clock.set(FORWARD)
    site.provider.kill()
    # A bridge that knows nothing of the provider yet.
    assert site.bridge.stop() == 0
    site.bridge.start(ready_at="/healthz")
    with pytest.raises(Lost, match=UNAVAILABLE):
        site.somebody(patience=0).into(site.room("rocket"))

    site.provider.start()
    clock.set(0)
    site.bridge.wait_until_ready()
    verify(site.somebody(patience=0).into(site.room("rocket")), site.secret)


def test_keys_that_change_after_a_look_by_a_wrong_clock_are_found_at_once(new_site, clock):
    site = new_site(variables=clock.variables)

    def restart_with_new_keys():
        assert site.provider.stop() == 0
        site.provider.change_keys()
        site.provider.start()

    clock.set(FORWARD)
    restart_with_new_keys()
    assert_of_now(site.somebody(patience=0).into(site.room("rocket")), clock, site)
    restart_with_new_keys()
    clock.set(0)
    verify(site.somebody(patience=0).into(site.room("rocket")), site.secret)
