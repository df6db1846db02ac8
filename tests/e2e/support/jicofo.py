"""Jicofo, as far as joining needs it: it opens the rooms that it is asked for, and makes moderators if it is told to."""

import threading
from enum import Enum, auto

from .bosh import CLIENT, PRESENCE, SELF, Ended, Presence
from .prosody_config import AUTH_DOMAIN
from .waiting import wait_until

FOCUS = "http://jitsi.org/protocol/focus"
ADMIN = "http://jabber.org/protocol/muc#admin"
NICK = "focus"


class Owners(Enum):
    """Whom it makes a moderator."""

    NOBODY = auto()
    # ENABLE_AUTO_OWNER
    THE_FIRST = auto()
    # JICOFO_ENABLE_AUTH
    EVERYBODY = auto()


class Jicofo:
    def __init__(self, prosody, owners=Owners.NOBODY):
        self.rooms = []
        self._owners = owners
        self._owned = set()
        self._people = {}
        self._connection = prosody.new_focus()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="jicofo", daemon=True)

    def start(self):
        # So that focus.meet.jitsi, where people ask for it, knows that it is there.
        self._connection.send(f'<presence xmlns="{CLIENT}"/>')
        self._thread.start()

    def stop(self):
        self._over.set()
        self._thread.join()

    def is_alone_in(self, room):
        """Waits until everybody else has left."""
        wait_until(f"the end of {room}", lambda: not self._people.get(room))
        return True

    def _work(self):
        try:
            while not self._over.is_set():
                for element in self._connection.take():
                    self._hear(element)
        except (Ended, OSError):
            # Prosody has been stopped.
            return

    def _hear(self, element):
        conference = element.find(f"{{{FOCUS}}}conference")
        if element.get("type") == "set" and conference is not None:
            self._open(element, conference.get("room"))
        elif element.tag == PRESENCE:
            self._see(element)

    def _open(self, asked, room):
        if room not in self.rooms:
            self._connection.join(room, nick=NICK)
            self.rooms.append(room)
        authentication = str(self._owners is Owners.EVERYBODY).lower()
        self._connection.send(
            f'<iq xmlns="{CLIENT}" type="result" id="{asked.get("id")}" to="{asked.get("from")}">'
            f'<conference xmlns="{FOCUS}" room="{room}" ready="true" focusjid="focus@{AUTH_DOMAIN}">'
            f'<property name="authentication" value="{authentication}"/></conference></iq>'
        )

    def _see(self, element):
        presence = Presence.read(element)
        room = element.get("from", "").partition("/")[0]
        people = self._people.setdefault(room, set())
        if presence.gone:
            people.discard(presence.nick)
        elif presence.nick != NICK:
            people.add(presence.nick)
        if presence.gone or presence.nick == NICK or SELF in presence.statuses:
            return
        if presence.affiliation == "owner":
            self._owned.add(room)
            return
        if self._owners is Owners.NOBODY or (self._owners is Owners.THE_FIRST and room in self._owned):
            return
        item = element.find(".//{http://jabber.org/protocol/muc#user}item")
        if item is None:
            # Not somebody in a room.
            return
        self._owned.add(room)
        self._connection.send(
            f'<iq xmlns="{CLIENT}" type="set" id="owner-{len(self._owned)}" to="{room}"><query xmlns="{ADMIN}">'
            f'<item affiliation="owner" jid="{item.get("jid").partition("/")[0]}"/></query></iq>'
        )
