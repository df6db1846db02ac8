"""Two bridges behind nginx, set up as config/nginx.conf.sample has it, while people sign in all the time."""

import pytest

from support.stream import AT_ONCE, Stream, send_a_form

ROUNDS = 3
# How many people come between two events.
SOME = 8


@pytest.fixture
def site(new_site):
    return new_site(replicas=2)


def let_in(bridge):
    """How many people a bridge has let in, as its audit tells."""
    return bridge.log().count('"message":"admitted"')


def until_it_serves(bridge, stream):
    """Until a bridge has let somebody in since it was started."""
    before = let_in(bridge)
    for _ in range(20):
        stream.more(1)
        if let_in(bridge) > before:
            return
    raise AssertionError("nobody comes to the bridge that was started again")


def test_a_rolling_restart_is_noticed_by_nobody(site):
    with Stream(site) as logins, Stream(site, send_a_form, at_once=2) as forms:
        for _ in range(ROUNDS):
            for bridge in site.bridges:
                logins.more(SOME)
                forms.more(SOME)
                assert bridge.stop() == 0
                logins.more(SOME)
                forms.more(SOME)
                bridge.start()
                until_it_serves(bridge, logins)
    assert not logins.lost + forms.lost, (logins.lost + forms.lost)[0]
    assert not logins.helped, "somebody has seen an error"
    assert all(let_in(bridge) > ROUNDS for bridge in site.bridges)


def test_one_bridge_restarts_right_after_the_other_and_nobody_notices(site):
    with Stream(site) as logins, Stream(site, send_a_form, at_once=2) as forms:
        logins.more(SOME)
        for _ in range(ROUNDS):
            for bridge in site.bridges:
                # Nothing between the one's start and the other's stop: nginx has just been refused by both.
                assert bridge.stop() == 0
                bridge.start()
        logins.more(SOME)
    assert not logins.lost + forms.lost, (logins.lost + forms.lost)[0]
    assert not logins.helped, "somebody has seen an error"


def test_a_bridge_that_is_killed_costs_nobody_more_than_one_more_try(site):
    with Stream(site) as logins:
        for _ in range(ROUNDS):
            for bridge in site.bridges:
                logins.more(SOME)
                bridge.kill()
                logins.more(SOME)
                bridge.start()
                until_it_serves(bridge, logins)
    assert not logins.lost, logins.lost[0]
    # Those whose code a bridge took along have to begin again: no more of them than there were people at once.
    assert len(logins.helped) <= AT_ONCE * ROUNDS * len(site.bridges), logins.helped
    assert all(let_in(bridge) > ROUNDS for bridge in site.bridges)
