"""The provider dies while people sign in, and comes back: with the keys that it had, or with others."""

import pytest

from support import http
from support.jitsi_rules import verify
from support.stream import NO_ANSWER, Lost, Stream

UNAVAILABLE = "The sign-in service cannot be reached"
IN_THE_MEETING, AT_THE_PROVIDER, ON_A_PAGE = "in the meeting", "at the provider", "on a page"
SOME = 8
A_FEW_SECONDS = 10


@pytest.fixture
def site(new_site):
    return new_site()


@pytest.fixture(params=["the same keys", "new keys"])
def come_back(request, site):
    def come_back():
        if request.param == "new keys":
            site.provider.change_keys()
        site.provider.start()

    return come_back


def test_whoever_comes_back_from_a_provider_that_died_reads_so_and_signs_in_when_it_is_there_again(site, come_back):
    known, late = site.somebody(), site.somebody(patience=0)
    known.into(site.room("comet"))
    callback = late.into(site.room("rocket"), at=f"{site.url}/callback")

    site.provider.kill()
    with pytest.raises(Lost, match=UNAVAILABLE) as left:
        late.into(callback)
    assert left.value.status == 503
    assert left.value.link() == site.room("rocket")
    assert http.get(f"{site.url}/healthz").status == 200
    claims = verify(known.into(site.room("rocket")), site.secret)
    assert (claims["room"], known.helped) == ("rocket", []), "a session needs no provider"

    come_back()
    assert verify(late.into(left.value.link()), site.secret)["room"] == "rocket"


def test_people_sign_in_again_within_seconds_after_the_provider_has_come_back(site, come_back):
    def try_to_sign_in(site, number):
        room = f"room-{number}"
        try:
            claims = verify(site.somebody(patience=0).into(site.room(room)), site.secret)
        except Lost as left:
            # It forgot who was about to sign in, or is not there.
            if left.url.startswith(site.provider.url):
                assert left.status == NO_ANSWER or left.status < 500
                return [AT_THE_PROVIDER]
            # Not there, or it does not know the code any more.
            assert left.status == 502 or (left.status == 503 and UNAVAILABLE in left.page), left
            assert left.link() == site.room(room)
            return [ON_A_PAGE]
        assert claims["room"] == room
        return [IN_THE_MEETING]

    with Stream(site, try_to_sign_in, at_once=3) as people:
        people.more(SOME)
        assert set(people.helped) == {IN_THE_MEETING}
        site.provider.kill()
        people.until("people who get no further", lambda: people.helped.count(ON_A_PAGE) > SOME)
        assert http.get(f"{site.url}/healthz").status == 200

        come_back()
        arrived = people.helped.count(IN_THE_MEETING)
        people.until(
            "people in their meetings", lambda: people.helped.count(IN_THE_MEETING) > arrived + SOME, A_FEW_SECONDS
        )
        before = len(people.helped)
        people.more(SOME)
        assert set(people.helped[before:]) == {IN_THE_MEETING}
    assert not people.lost, people.lost[0]
