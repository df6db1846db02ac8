"""What is not there: the provider, or the session store."""

from support import http
from support.meeting import arrive, assert_turned_away
from support.people import SARA
from support.sign_in import sign_in

UNAVAILABLE = "The sign-in service cannot be reached"


def test_without_the_provider_the_bridge_is_healthy_but_not_ready(bridge_without_provider):
    assert http.get(f"{bridge_without_provider.url}/healthz").status == 200
    assert http.get(f"{bridge_without_provider.url}/readyz").status == 503


def test_without_the_provider_a_wish_to_join_ends_on_a_page_that_says_so(bridge_without_provider, jitsi, browser):
    address = bridge_without_provider.room("board")
    assert http.get(address).status == 503

    browser.open(address)
    assert browser.title() == UNAVAILABLE
    assert browser.links() == {"Try again": address}
    assert_turned_away(browser, bridge_without_provider, jitsi)


def test_without_redis_people_still_come_into_their_meeting(bridge, keycloak, jitsi, keys, redis, browser):
    redis.stop()
    try:
        browser.open(bridge.room("rocket-weekly"))
        sign_in(browser, keycloak, SARA)
        assert arrive(browser, jitsi, keys.token)["room"] == "rocket-weekly"
        assert http.get(f"{bridge.url}/healthz").status == 200
        assert http.get(f"{bridge.url}/readyz").status == 503
    finally:
        redis.start()
    bridge.wait_until_ready()
