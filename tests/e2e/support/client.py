"""Jitsi's page, as far as Prosody sees it: from an address in the address bar into the room."""

from urllib.parse import urlsplit

from .bosh import SELF, Bosh
from .jitsi_rules import room_joined, token_in
from .prosody_config import DOMAIN, GUEST_DOMAIN, MUC_DOMAIN


class Client:
    def __init__(self, prosody, path, token=None, domain=None, **options):
        """`path` as in the address bar: `room` or `tenant/room`. Without a token, one is a guest."""
        *tenant, room = path.split("/")
        self.node = room_joined(room)
        self.tenant = tenant[0].lower() if tenant else None
        query = {"room": self.node}
        if token is not None:
            query["token"] = token
        if self.tenant:
            query["prefix"] = self.tenant
        self._rights = None
        self._connection = Bosh(prosody.url, domain or (DOMAIN if token else GUEST_DOMAIN), **options, **query)

    @classmethod
    def at(cls, prosody, url):
        """As a browser that has come to a meeting's address, token and all."""
        return cls(prosody, urlsplit(url).path.removeprefix("/"), token_in(url))

    @property
    def room(self):
        """The room's address as Jitsi's page writes it: a tenant is part of the domain."""
        prefix, _, rest = MUC_DOMAIN.partition(".")
        return f"{self.node}@{prefix}.{self.tenant}.{rest}" if self.tenant else f"{self.node}@{MUC_DOMAIN}"

    @property
    def nick(self):
        return self._connection.jid[:8]

    def connect(self):
        self._connection.connect()
        return self

    def join(self, name=None):
        """Connects if need be, joins, and gives one's own presence. Raises bosh.Refused."""
        if self._connection.jid is None:
            self.connect()
        self._rights = self._connection.join(self.room, name=name)
        return self._rights

    def rights(self, role, affiliation):
        """Waits until one has that role and affiliation: the older plugins give them right after the join."""
        while (self._rights.role, self._rights.affiliation) != (role, affiliation):
            self._rights = self._connection.see(
                f"becoming {role}, {affiliation} (from {self._rights.role}, {self._rights.affiliation})",
                lambda presence: SELF in presence.statuses,
            )
        return True

    def knock(self, lobby, name="Guest"):
        """Waits in the lobby of that address."""
        return self._connection.join(lobby, name=name)

    def is_let_in(self):
        """Waits until the lobby is closed in favour of the room."""
        closed = self._connection.see("the lobby's end", lambda presence: presence.destroyed_for() is not None)
        return closed.destroyed_for()

    def sees(self, nick, role=None):
        """Waits for somebody else's presence in the room, with that role if one is named."""

        def it_is(presence):
            return presence.nick == nick and not presence.gone and role in (None, presence.role)

        return self._connection.see(f"the presence of {nick}", it_is)
