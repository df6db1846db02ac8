"""The role in the token is the role in the room, at a real Prosody."""

import pytest

from support.people import ANNA, CARL, SARA, TIM

pytestmark = pytest.mark.usefixtures("role_taker")

MODERATOR = ("moderator", "owner")
PARTICIPANT = ("participant", "member")


def test_a_moderators_token_makes_a_moderator(prosody, bring):
    prosody.open_room("rocket-weekly")
    tim = bring(TIM, "rocket-weekly", prosody)
    tim.join()
    assert tim.rights(*MODERATOR)


def test_a_participants_token_makes_a_participant_even_of_the_first_to_come(prosody, bring):
    prosody.open_room("rocket-weekly")
    sara, tim = bring(SARA, "rocket-weekly", prosody), bring(TIM, "rocket-weekly", prosody)
    sara.join()
    assert sara.rights(*PARTICIPANT)
    tim.join()
    assert tim.rights(*MODERATOR)
    # And so does each for the other.
    assert (tim.sees(sara.nick).role, sara.sees(tim.nick, "moderator").role) == ("participant", "moderator")


def test_a_participant_who_comes_after_a_moderator_is_none(prosody, bring):
    prosody.open_room("board")
    prosody.open_room("rocket")
    anna = bring(ANNA, "board", prosody)
    anna.join()
    assert anna.rights(*MODERATOR)
    carl, tim = bring(CARL, "rocket", prosody), bring(TIM, "rocket", prosody)
    tim.join()
    assert tim.rights(*MODERATOR)
    carl.join()
    assert carl.rights(*PARTICIPANT)


def test_without_token_affiliation_nobody_is_a_moderator(new_prosody, bring):
    """Why docker-compose.yml loads it."""
    prosody = new_prosody(XMPP_MUC_MODULES="muc_wait_for_host")
    prosody.open_room("rocket")
    tim = bring(TIM, "rocket", prosody)
    assert tim.join().role == "participant"


def test_with_auto_owners_everybody_with_a_token_is_a_moderator(new_prosody, bring):
    """Why docker-compose.yml switches them off."""
    prosody = new_prosody(XMPP_MUC_MODULES="muc_wait_for_host", WAIT_FOR_HOST_DISABLE_AUTO_OWNERS=None)
    prosody.open_room("rocket")
    sara = bring(SARA, "rocket", prosody)
    sara.join()
    assert sara.rights(*MODERATOR)
