"""Guests wait until somebody with a token comes; and what a token that nobody has looked at is worth."""

import time

import pytest

from support.bosh import Ended, Refused
from support.client import Client
from support.people import SARA, TIM
from support.prosody_config import GUEST_DOMAIN, LOBBY_DOMAIN, MUC_DOMAIN
from support.tokens import altered

LOBBY = f"weekly@{LOBBY_DOMAIN}"
# Guests' page never sends one: somebody who does has written the request by hand.
UNCHECKED = {
    "garbage": lambda token, secret: "garbage",
    "another room's": lambda token, secret: altered(token, secret, room="other"),
    "expired": lambda token, secret: altered(token, secret, exp=int(time.time()) - 3600),
    "forged": lambda token, secret: altered(token, "t" * 64),
}


def lobby(client):
    """Where that guest is sent to wait."""
    with pytest.raises(Refused) as refused:
        client.join("Guest")
    assert refused.value.condition == "registration-required"
    return refused.value.lobby


def test_a_guest_waits_until_somebody_with_a_token_comes(prosody, bring):
    prosody.open_room("weekly")
    guest, sara = Client(prosody, "weekly"), bring(SARA, "weekly", prosody)
    waiting_room = lobby(guest)
    assert waiting_room == LOBBY
    guest.knock(waiting_room)

    sara.join()

    assert guest.is_let_in() == f"weekly@{MUC_DOMAIN}"
    own = guest.join()
    assert (own.role, own.affiliation) == ("participant", "none")
    assert sara.sees(guest.nick).role == "participant"


def test_once_somebody_with_a_token_is_there_guests_walk_in(prosody, bring):
    prosody.open_room("weekly")
    bring(SARA, "weekly", prosody).join()
    own = Client(prosody, "weekly").join()
    assert (own.role, own.affiliation) == ("participant", "none")


def test_without_muc_wait_for_host_guests_start_meetings(new_prosody):
    """Why docker-compose.yml loads it."""
    prosody = new_prosody(XMPP_MUC_MODULES="token_affiliation")
    prosody.open_room("weekly")
    assert Client(prosody, "weekly").join().role == "participant"


def test_without_persistent_lobby_guests_walk_in(new_prosody):
    """Why docker-compose.yml loads it."""
    prosody = new_prosody(XMPP_MODULES=None)
    prosody.open_room("weekly")
    assert Client(prosody, "weekly").join().role == "participant"


def test_with_guests_switched_off_nobody_gets_in_without_a_token(new_prosody):
    prosody = new_prosody(ENABLE_GUESTS="0")
    prosody.open_room("weekly")
    with pytest.raises(Ended):
        Client(prosody, "weekly", domain=GUEST_DOMAIN).connect()


@pytest.fixture(scope="session")
def forgets_unchecked_tokens(plugins):
    """The guests' domain looks at no token. Jitsi from before March 2026 keeps one all the same, as if it had."""
    return plugins.says("auth_jitsi-anonymous", "auth_token = nil")


@pytest.mark.parametrize("kind", UNCHECKED)
def test_a_token_that_nobody_checks_makes_no_host_of_a_guest(
    prosody, forgets_unchecked_tokens, visitors, keys, kind
):
    prosody.open_room("weekly")
    token = UNCHECKED[kind](visitors[SARA].token("weekly"), keys.token)
    waiting = Client(prosody, "weekly")
    waiting.knock(lobby(waiting))
    guest = Client(prosody, "weekly", token, domain=GUEST_DOMAIN)
    if forgets_unchecked_tokens:
        assert lobby(guest) == LOBBY
    else:
        # Known, and in docs/jitsi.md: the older plugins let them in, and those who wait along with them.
        assert guest.join("Guest").role == "participant"
        assert waiting.is_let_in()
    # Whoever comes later waits in any case.
    assert lobby(Client(prosody, "weekly")) == LOBBY


@pytest.mark.usefixtures("role_taker")
def test_a_token_that_nobody_checks_gives_no_rights(prosody, forgets_unchecked_tokens, bring, visitors):
    """A moderator's, at the guests' domain."""
    prosody.open_room("rocket")
    bring(SARA, "rocket", prosody).join()
    guest = Client(prosody, "rocket", visitors[TIM].token("rocket"), domain=GUEST_DOMAIN)
    guest.join()
    assert guest.rights("participant", "none" if forgets_unchecked_tokens else "member")


def test_with_auto_owners_a_token_that_nobody_checks_makes_no_moderator(new_prosody, forgets_unchecked_tokens):
    """One more reason why docker-compose.yml switches them off."""
    prosody = new_prosody(WAIT_FOR_HOST_DISABLE_AUTO_OWNERS=None)
    prosody.open_room("weekly")
    guest = Client(prosody, "weekly", "garbage", domain=GUEST_DOMAIN)
    if forgets_unchecked_tokens:
        assert lobby(guest) == LOBBY
    else:
        # Known, and in docs/jitsi.md.
        guest.join("Guest")
        assert guest.rights("moderator", "owner")


# Recipes with modules of jitsi-contrib/prosody-plugins.


@pytest.fixture
def knocking(new_prosody, plugins):
    """Starts a Prosody whose rooms always have a lobby, with one more module that says who passes it."""

    def start(module):
        wanted = ("lobby_autostart", module, "token_affiliation")
        if missing := [name for name in wanted if not plugins.has(name)]:
            pytest.skip(f"these plugins have no {', '.join(missing)}")
        prosody = new_prosody(XMPP_MUC_MODULES=",".join(wanted))
        prosody.open_room("weekly")
        return prosody

    return start


def test_where_everybody_knocks_a_token_passes_the_lobby(knocking, bring):
    prosody = knocking("token_lobby_ondemand")
    assert lobby(Client(prosody, "weekly")) == LOBBY
    assert bring(SARA, "weekly", prosody).join("Sara").role == "participant"
    # Whoever comes later knocks as well.
    assert lobby(Client(prosody, "weekly")) == LOBBY


def test_where_everybody_knocks_a_token_that_nobody_checks_does_not_pass(knocking, forgets_unchecked_tokens):
    prosody = knocking("token_lobby_ondemand")
    guest = Client(prosody, "weekly", "garbage", domain=GUEST_DOMAIN)
    if forgets_unchecked_tokens:
        assert lobby(guest) == LOBBY
    else:
        # Known, and in docs/jitsi.md.
        assert guest.join("Guest").role == "participant"


def test_where_the_policy_says_who_knocks_only_a_checked_token_passes(knocking, visitors, keys):
    prosody = knocking("token_lobby_bypass")
    token = visitors[SARA].token("weekly")
    user = {"id": "1", "name": "Sara", "affiliation": "member", "moderator": False, "lobby_bypass": True}
    bypassing = altered(token, keys.token, context={"user": user})

    assert lobby(Client(prosody, "weekly")) == LOBBY
    assert lobby(Client(prosody, "weekly", "garbage", domain=GUEST_DOMAIN)) == LOBBY
    assert lobby(Client(prosody, "weekly", bypassing, domain=GUEST_DOMAIN)) == LOBBY
    assert lobby(Client(prosody, "weekly", token)) == LOBBY
    assert Client(prosody, "weekly", bypassing).join("Sara").role == "participant"
