"""The room that Jitsi's page joins, and the room in the bridge's token: one and the same, tenants included."""

import pytest

from support.bosh import Refused
from support.client import Client
from support.people import SARA
from support.tokens import altered, claims

# As they stand in a link's path; the room that is joined.
NAMES = [
    ("R%C3%A9union%20A", "r%c3%a9union%20a"),
    ("%C3%89cole", "%c3%a9cole"),
    # The same with a combining accent.
    ("E%CC%81cole", "%c3%a9cole"),
    ("%EF%BC%A1%EF%BC%A2%EF%BC%A3", "abc"),
    ("%E2%84%96", "no"),
    ("it's", "its"),
    ("Weekly+Sync", "weeklysync"),
    ("%E4%BC%9A%E8%AE%AE", "%e4%bc%9a%e8%ae%ae"),
    ("%F0%9F%9A%80", "%f0%9f%9a%80"),
]
ON = {"JWT_ENABLE_DOMAIN_VERIFICATION": "true"}


@pytest.mark.parametrize("domain_verification", ["false", "true"])
@pytest.mark.parametrize("typed, node", NAMES)
def test_the_tokens_room_is_the_room_that_is_joined(new_prosody, visitors, typed, node, domain_verification):
    prosody = new_prosody(JWT_ENABLE_DOMAIN_VERIFICATION=domain_verification)
    token = visitors[SARA].token(typed)
    # The page joins what stands in the address bar, whether the bridge tidied it up or a person typed it.
    client = Client(prosody, typed, token)
    assert (client.node, claims(token)["room"]) == (node, node)
    prosody.open_room(node)
    assert client.join().role == "participant"


@pytest.mark.parametrize("claim", ["Réunion A", "réunion a", "r%c3%a9union+a", "reunion a"])
def test_a_room_written_in_another_way_is_another_room(prosody, visitors, keys, claim):
    prosody.open_room("r%c3%a9union%20a")
    token = altered(visitors[SARA].token("R%C3%A9union%20A"), keys.token, room=claim)
    with pytest.raises(Refused):
        Client(prosody, "R%C3%A9union%20A", token).join()


def test_a_capital_is_made_small_before_it_is_encoded(prosody, visitors, keys):
    prosody.open_room("%c3%a9cole")
    token = altered(visitors[SARA].token("%C3%89cole"), keys.token, room="%C3%89cole")
    with pytest.raises(Refused):
        Client(prosody, "%C3%89cole", token).join()


# Tenants.


@pytest.mark.parametrize("domain_verification", ["false", "true"])
@pytest.mark.parametrize("path", ["acme/Weekly", "ACME/weekly"])
def test_a_tenants_token_opens_the_tenants_room(new_prosody, visitors, path, domain_verification):
    prosody = new_prosody(JWT_ENABLE_DOMAIN_VERIFICATION=domain_verification)
    prosody.open_room("weekly", tenant="acme")
    token = visitors[SARA].token(path)
    assert (claims(token)["sub"], claims(token)["room"]) == ("acme", "weekly")
    assert Client(prosody, path, token).join().role == "participant"


def test_a_room_of_no_tenant_wants_the_xmpp_domain_with_domain_verification(new_prosody, visitors, keys):
    prosody = new_prosody(**ON)
    prosody.open_room("weekly")
    token = visitors[SARA].token("weekly")
    assert claims(token)["sub"] == "meet.jitsi"
    assert Client(prosody, "weekly", token).join().role == "participant"
    for other in ("acme", "meet.example.org"):
        with pytest.raises(Refused):
            Client(prosody, "weekly", altered(token, keys.token, sub=other)).join()


def test_with_domain_verification_a_token_opens_its_own_tenants_room_alone(new_prosody, visitors):
    prosody = new_prosody(**ON)
    for tenant in (None, "acme", "other"):
        prosody.open_room("weekly", tenant=tenant)
    acme, none = visitors[SARA].token("acme/weekly"), visitors[SARA].token("weekly")
    for path, token in (("other/weekly", acme), ("weekly", acme), ("acme/weekly", none)):
        with pytest.raises(Refused):
            Client(prosody, path, token).join()


def test_without_domain_verification_a_token_opens_the_room_of_that_name_of_every_tenant(prosody, visitors):
    """What Jitsi does not check unless JWT_ENABLE_DOMAIN_VERIFICATION is on, and no bridge can make up for."""
    for tenant in (None, "acme", "other"):
        prosody.open_room("weekly", tenant=tenant)
    acme, none = visitors[SARA].token("acme/weekly"), visitors[SARA].token("weekly")
    for path, token in (("other/weekly", acme), ("weekly", acme), ("acme/weekly", none)):
        assert Client(prosody, path, token).join().role == "participant"


def test_without_domain_verification_a_room_with_the_tenant_in_its_name_binds_the_tenant(prosody, visitors, keys):
    for tenant in ("acme", "other"):
        prosody.open_room("weekly", tenant=tenant)
    token = altered(visitors[SARA].token("acme/weekly"), keys.token, room="[acme]weekly")
    assert Client(prosody, "acme/weekly", token).join().role == "participant"
    with pytest.raises(Refused):
        Client(prosody, "other/weekly", token).join()


def test_with_domain_verification_the_tenant_must_not_stand_in_the_rooms_name(new_prosody, visitors, keys):
    prosody = new_prosody(**ON)
    prosody.open_room("weekly", tenant="acme")
    token = altered(visitors[SARA].token("acme/weekly"), keys.token, room="[acme]weekly")
    with pytest.raises(Refused):
        Client(prosody, "acme/weekly", token).join()


def test_with_domain_verification_guests_are_refused(new_prosody):
    """They have no token whose tenant could be compared: docs/jitsi.md."""
    prosody = new_prosody(**ON)
    prosody.open_room("weekly")
    with pytest.raises(Refused) as refused:
        Client(prosody, "weekly").join()
    assert refused.value.lobby is None


def test_with_domain_verification_guests_need_empty_tokens_allowed(new_prosody, bring):
    prosody = new_prosody(**ON, JWT_ALLOW_EMPTY="1")
    prosody.open_room("weekly")
    with pytest.raises(Refused) as refused:
        Client(prosody, "weekly").join()
    assert refused.value.lobby == "weekly@lobby.meet.jitsi"
    bring(SARA, "weekly", prosody).join()
    assert Client(prosody, "weekly").join().role == "participant"
