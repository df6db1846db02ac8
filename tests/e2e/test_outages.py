"""What is not there: the provider, or the session store."""

import time

import pytest

from support import http
from support.meeting import arrive, assert_turned_away
from support.people import SARA
from support.redis import Redis
from support.sharing import assert_all_is_shared
from support.sign_in import sign_in
from support.slow import SlowRoad
from support.traffic import Traffic
from support.visitor import NotLetIn
from support.waiting import wait_until

UNAVAILABLE = "The sign-in service cannot be reached"
NOT_NOW = "This does not work at the moment"
# The longest that a person waits for one answer because of the store, in seconds: in the code it is one, and a bit of
# work; and the longest until everything is as before. What a slow road still carries arrives late even then.
BEARABLE = 2.5
HEALED_WITHIN = 2.0
# Slower than a command waits, in seconds; and not quite.
SLOW = 3.0
SLUGGISH = 0.8


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


class Store:
    """A Redis at the end of a road, and what can befall it."""

    def __init__(self, home, log):
        self.redis = Redis(home, log)

    def start(self):
        self.redis.start()
        self.road = SlowRoad(self.redis.port)
        # By the road, where a road is of use: with nothing behind it, it is not the same as nobody there.
        self.url = self.redis.url
        self.url_by_road = self.redis.url.replace(f":{self.redis.port}/", f":{self.road.port}/")

    def stop(self):
        self.road.stop()
        self.redis.resume()
        self.redis.stop()

    def break_down(self, how):
        match how:
            case "killed":
                self.redis.kill()
            case "paused":
                self.redis.pause()
            case "slow":
                self.road.delay = SLOW
            case "sluggish":
                self.road.delay = SLUGGISH

    def mend(self):
        if self.redis.is_running():
            self.road.delay = 0.0
            self.redis.resume()
        else:
            self.redis.start()


def wait_until_healed(replicas, patience=HEALED_WITHIN):
    began = time.monotonic()
    replicas.wait_until_ready()
    took = time.monotonic() - began
    assert took < patience, f"it took {took:.1f} s"


@pytest.mark.parametrize("how", ["killed", "paused", "slow", "sluggish"])
def test_while_the_store_is_away_people_come_in_and_the_rest_says_that_it_does_not_work(new_store, new_replicas, how):
    store = new_store(Store)
    replicas = new_replicas(store.url_by_road if how in ("slow", "sluggish") else store.url, count=1)
    [bridge] = replicas.bridges
    known, reported = replicas.visitor(), replicas.visitor()
    reported.walk("rocket")
    status, tokens = known.tokens(known.code("rocket"))
    assert status == 200
    link = known.invite("lounge")
    waiting = known.code("comet")

    with Traffic(replicas) as traffic:
        wait_until("the first people", lambda: traffic.came > 3)
        store.break_down(how)
        wait_until("the bridge's notice of it", lambda: bridge.status("/readyz") == 503, patience=5)
        assert bridge.status("/healthz") == 200
        assert "the session store does not answer" in http.get(f"{bridge.own_url}/readyz").body
        before = traffic.came
        wait_until("more people", lambda: traffic.came > before + 10)

        # Who was signed in is sent to the provider once more, and comes in.
        assert not known.is_remembered()
        assert known.copy().walk("rocket")
        # What only the store knows.
        assert "You are not signed out yet" in known.page("/logout")
        assert NOT_NOW in known.page("/")
        assert NOT_NOW in known.page(link)
        assert NOT_NOW in replicas.visitor().page("/sign-in", follow_provider=True)
        with pytest.raises(NotLetIn, match=NOT_NOW):
            known.copy().code("rocket")
        for status, said in (known.tokens(waiting), known.renew(tokens)):
            assert (status, said["error"]) == (503, "temporarily_unavailable")
        # Nor can the provider end a session; it is asked to try again, which not every provider does.
        logout_token = replicas.provider.logout_token(sub=reported.claims["sub"])
        refused = replicas.send_logout_token(logout_token, at=bridge)
        assert refused.status == 400 and "send it again" in refused.body

        store.mend()
        wait_until_healed(replicas, HEALED_WITHIN + (SLOW if how == "slow" else 0))
        before = traffic.came
        wait_until("people after the return", lambda: traffic.came > before + 10)
    assert not traffic.turned_away
    assert max(traffic.longest, known.longest) < BEARABLE

    # Nothing had to be started again. A Redis that was killed has forgotten everybody; one that was away, nobody.
    assert known.is_remembered() == (how != "killed")
    # What the provider reported meanwhile has not been forgotten; and it may report it again, by the same token.
    assert not reported.is_remembered()
    assert replicas.send_logout_token(logout_token, at=bridge).status == 200
    newcomer = replicas.visitor()
    newcomer.walk("rocket")
    assert newcomer.is_remembered()


@pytest.mark.parametrize("how", ["killed", "paused"])
def test_a_session_that_has_ended_does_not_come_back_with_the_store(new_store, new_replicas, how):
    store = new_store(Store)
    replicas = new_replicas(store.url, count=1)
    [bridge] = replicas.bridges
    visitors = [replicas.visitor() for _ in range(2)]
    for visitor in visitors:
        visitor.walk("rocket")
    copies = [visitor.copy() for visitor in visitors]
    visitors[0].page("/logout")
    assert replicas.sign_out_at_provider(visitors[1], at=bridge).status == 200

    store.break_down(how)
    replicas.wait_until_not_ready()
    assert not any(copy.is_remembered() for copy in copies)
    store.mend()
    replicas.wait_until_ready()
    assert not any(copy.is_remembered() for copy in copies)


def test_a_store_that_takes_a_third_of_a_second_for_each_answer_does_all_that_it_should(new_store, new_replicas):
    store = new_store(Store)
    replicas = new_replicas(store.url_by_road)
    store.road.delay = 0.3
    assert_all_is_shared(replicas)
    with Traffic(replicas) as traffic:
        wait_until("people", lambda: traffic.came > 3)
    assert not traffic.turned_away
    assert traffic.longest < BEARABLE


def test_a_bridge_that_is_started_before_its_store_finds_it_as_soon_as_it_is_there(new_store, new_replicas):
    store = new_store(Store)
    store.break_down("killed")
    replicas = new_replicas(store.url, count=1, ready_at="/healthz")
    assert replicas.visitor().walk("rocket")
    replicas.wait_until_not_ready()
    store.mend()
    wait_until_healed(replicas)
    visitor = replicas.visitor()
    visitor.walk("rocket")
    assert visitor.is_remembered()
