"""XMPP over HTTP (XEP-0124, XEP-0206) as Jitsi's web client speaks it: sign in, bind, join a room, see who is there."""

import base64
import time
import urllib.request
import uuid
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from .waiting import PATIENCE

BODY = "http://jabber.org/protocol/httpbind"
XBOSH = "urn:xmpp:xbosh"
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
BIND = "urn:ietf:params:xml:ns:xmpp-bind"
CLIENT = "jabber:client"
PRESENCE = f"{{{CLIENT}}}presence"
STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas"
MUC = "http://jabber.org/protocol/muc"
NICK = "http://jabber.org/protocol/nick"
JITSI = "http://jitsi.org/jitmeet"
SELF = "110"
# How long Prosody may hold an answer back for want of news, in seconds.
HOLD = 1

_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Refused(Exception):
    """Prosody's no: the condition's name, its words, and the lobby where one may wait instead."""

    def __init__(self, condition, text, lobby=None):
        super().__init__(f"{condition}: {text}")
        self.condition, self.text, self.lobby = condition, text, lobby


class Ended(Exception):
    """Prosody ended the connection."""


@dataclass(frozen=True)
class Presence:
    """What a room tells of somebody in it."""

    nick: str
    role: str | None
    affiliation: str | None
    gone: bool
    statuses: frozenset
    element: ET.Element

    @classmethod
    def read(cls, element):
        x = element.find(f"{{{MUC}#user}}x")
        item = None if x is None else x.find(f"{{{MUC}#user}}item")
        attributes = {} if item is None else item.attrib
        statuses = [] if x is None else [status.get("code") for status in x.iter(f"{{{MUC}#user}}status")]
        nick = element.get("from", "").partition("/")[2]
        gone = element.get("type") == "unavailable"
        return cls(nick, attributes.get("role"), attributes.get("affiliation"), gone, frozenset(statuses), element)

    def identity(self):
        """What mod_presence_identity wrote of the person: name, email and the like."""
        user = self.element.find(f".//{{{CLIENT}}}identity/{{{CLIENT}}}user")
        return {} if user is None else {child.tag.partition("}")[2]: child.text or "" for child in user}

    def destroyed_for(self):
        """The room in whose favour this one was closed, or None."""
        destroy = self.element.find(f".//{{{MUC}#user}}destroy")
        return None if destroy is None else destroy.get("jid")


class Bosh:
    def __init__(self, url, domain, patience=PATIENCE, **query):
        """A connection to that domain, with patience for each answer in seconds.

        `query` goes into the address: the web client's room, token and prefix.
        """
        self._patience = patience
        self._address = f"{url}?{urlencode(query, quote_via=quote)}" if query else url
        self._domain = domain
        self._rid = uuid.uuid4().int % 10**9
        self._sid = None
        self._inbox = []
        self.jid = None

    # The connection.

    def connect(self, user=None, password=None):
        """Signs in, anonymously but for the token in the address, and binds. Raises Refused."""
        wishes = {"hold": "1", "wait": str(HOLD), "ver": "1.6", "xmpp:version": "1.0"}
        self._post({"to": self._domain, "content": "text/xml; charset=utf-8", "xml:lang": "en"} | wishes)
        plain = base64.b64encode(f"\0{user}\0{password}".encode()).decode() if user else ""
        mechanism = "PLAIN" if user else "ANONYMOUS"
        self._post({}, f'<auth xmlns="{SASL}" mechanism="{mechanism}">{plain}</auth>')
        success, failure = f"{{{SASL}}}success", f"{{{SASL}}}failure"
        answer = self._next(lambda element: element.tag in (success, failure), "an answer to signing in")
        if answer.tag == failure:
            raise _refusal(answer, SASL)
        self._post({"to": self._domain, "xmpp:restart": "true"})
        bound = self.ask(f'<bind xmlns="{BIND}"/>')
        self.jid = bound.find(f".//{{{BIND}}}jid").text
        self.ask('<session xmlns="urn:ietf:params:xml:ns:xmpp-session"/>')

    def ask(self, content, to=None, kind="set"):
        """An iq's answer. Raises Refused."""
        mark = uuid.uuid4().hex
        where = f' to="{to}"' if to else ""
        self._post({}, f'<iq xmlns="{CLIENT}" type="{kind}" id="{mark}"{where}>{content}</iq>')
        answer = self._next(lambda element: element.get("id") == mark, "an answer to an iq")
        if answer.get("type") == "error":
            raise _refusal(answer.find(f"{{{CLIENT}}}error"), STANZAS)
        return answer

    # Rooms.

    def join(self, room, nick=None, name=None):
        """Joins; gives one's own presence as the room sees it. Raises Refused."""
        nick = nick or self.jid[:8]
        shown = f'<nick xmlns="{NICK}">{name}</nick>' if name else ""
        self._post({}, f'<presence xmlns="{CLIENT}" to="{room}/{nick}"><x xmlns="{MUC}"/>{shown}</presence>')

        def mine(element):
            if element.tag != PRESENCE or not element.get("from", "").endswith(f"/{nick}"):
                return False
            return element.get("type") == "error" or SELF in Presence.read(element).statuses

        answer = self._next(mine, f"an answer to joining {room}")
        if answer.get("type") == "error":
            raise _refusal(answer.find(f"{{{CLIENT}}}error"), STANZAS)
        return Presence.read(answer)

    def see(self, what, wanted):
        """Waits for a presence for which `wanted` holds."""

        def is_it(element):
            return element.tag == PRESENCE and wanted(Presence.read(element))

        return Presence.read(self._next(is_it, what))

    # Everything else.

    def send(self, xml):
        self._post({}, xml)

    def take(self):
        """What has come, or comes within a moment; it is taken away."""
        if not self._inbox:
            self._post({})
        taken, self._inbox = self._inbox, []
        return taken

    # What lies below.

    def _next(self, wanted, what):
        """The first of what came, or will come, for which `wanted` holds; it is taken away."""
        deadline = time.monotonic() + self._patience
        while True:
            for element in self._inbox:
                if wanted(element):
                    self._inbox.remove(element)
                    return element
            if time.monotonic() > deadline:
                raise AssertionError(f"{what} did not come within {self._patience:.0f} s")
            self._post({})

    def _post(self, attributes, content=""):
        self._rid += 1
        attributes = {"rid": str(self._rid), "sid": self._sid} | attributes
        written = " ".join(f'{name}="{value}"' for name, value in attributes.items() if value is not None)
        body = f'<body xmlns="{BODY}" xmlns:xmpp="{XBOSH}" {written}>{content}</body>'
        request = urllib.request.Request(self._address, body.encode(), {"Content-Type": "text/xml; charset=utf-8"})
        with _opener.open(request, timeout=PATIENCE) as response:
            # What is not well-formed ends the test here, as it would end the person's meeting.
            answer = ET.fromstring(response.read())
        self._sid = answer.get("sid", self._sid)
        self._inbox.extend(answer)
        if answer.get("type") == "terminate":
            raise Ended(answer.get("condition"))


def _refusal(error, namespace):
    names = [child.tag.partition("}")[2] for child in error if child.tag.startswith(f"{{{namespace}}}")]
    condition = next((name for name in names if name != "text"), None)
    return Refused(condition, error.findtext(f"{{{namespace}}}text"), error.findtext(f".//{{{JITSI}}}lobbyroom"))
