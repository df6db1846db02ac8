"""The five people, each in two rooms: the right role, or a page that says why not."""

import pytest

from support.meeting import arrive, assert_turned_away, role
from support.people import ANNA, CARL, EVERYBODY, NORA, SARA, TIM
from support.sign_in import sign_in
from support.tokens import holds_a_token

FOR_THE_BOARD = "This room is for the board."
NO_RULE = "No rule of this service lets you into this room."

ADMITTED = [
    ("board", ANNA, "moderator"),
    ("rocket-weekly", ANNA, "participant"),
    ("rocket-weekly", TIM, "moderator"),
    ("rocket-weekly", SARA, "participant"),
    ("rocket-weekly", CARL, "participant"),
]
REFUSED = [
    ("board", TIM, FOR_THE_BOARD),
    ("board", SARA, FOR_THE_BOARD),
    ("board", CARL, FOR_THE_BOARD),
    ("board", NORA, FOR_THE_BOARD),
    ("rocket-weekly", NORA, NO_RULE),
]


def test_the_tables_have_everybody_in_both_rooms():
    both = {(room, person.username) for room, person, _ in ADMITTED + REFUSED}
    assert both == {(room, person.username) for room in ("board", "rocket-weekly") for person in EVERYBODY}


@pytest.mark.parametrize("room, person, expected", ADMITTED, ids=lambda value: getattr(value, "username", value))
def test_a_person_comes_into_the_room_with_the_role_of_their_groups(
    bridge, keycloak, jitsi, keys, browser, room, person, expected
):
    browser.open(bridge.room(room))
    sign_in(browser, keycloak, person)
    claims = arrive(browser, jitsi, keys.token)

    assert claims["room"] == room
    assert role(claims) == expected
    user = claims["context"]["user"]
    assert (user["name"], user["email"]) == (person.name, person.email)
    assert not any(holds_a_token(path) for path, _ in jitsi.asked), "a token reached a server"
    assert not any(referer for _, referer in jitsi.asked), "Jitsi was told where people come from"


@pytest.mark.parametrize("room, person, message", REFUSED, ids=lambda value: getattr(value, "username", value))
def test_a_person_whose_groups_do_not_let_them_in_reads_why(
    bridge, keycloak, jitsi, browser, room, person, message
):
    browser.open(bridge.room(room))
    sign_in(browser, keycloak, person)
    assert_turned_away(browser, bridge, jitsi)

    assert message in browser.text()
    assert person.name in browser.text()
    assert "Sign in as somebody else" in browser.links()


def test_a_team_lead_may_record_in_the_teams_room_and_no_other_participant_may(
    bridge, keycloak, jitsi, keys, new_browser
):
    granted = {}
    for person in (TIM, CARL):
        browser = new_browser()
        browser.open(bridge.room("rocket-weekly"))
        sign_in(browser, keycloak, person)
        # Absent: Jitsi's own defaults hold, by which participants may not record.
        features = arrive(browser, jitsi, keys.token)["context"].get("features", {})
        granted[person.username] = {feature for feature, allowed in features.items() if allowed}

    assert {"recording", "transcription", "send-groupchat", "screen-sharing"} <= granted["tim"]
    assert not {"recording", "transcription", "livestreaming"} & granted["carl"]


def test_a_room_that_bears_ones_name_is_ones_own(bridge, keycloak, jitsi, keys, new_browser):
    for person, expected in ((SARA, "moderator"), (ANNA, "participant")):
        browser = new_browser()
        browser.open(bridge.room("sara"))
        sign_in(browser, keycloak, person)
        assert role(arrive(browser, jitsi, keys.token)) == expected
