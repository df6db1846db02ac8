"""The five people of the realm in config/compose/keycloak/jitsi-realm.json."""

import secrets
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Person:
    username: str
    name: str
    # A new one each run; the realm has a placeholder for it.
    password: str = field(default_factory=lambda: secrets.token_urlsafe(16), repr=False)

    @property
    def email(self):
        return f"{self.username}@example.org"


ANNA = Person("anna", "Anna Adler")
TIM = Person("tim", "Tim Lorenz")
SARA = Person("sara", "Sara Stein")
CARL = Person("carl", "Carl Conrad")
NORA = Person("nora", "Nora Noack")
EVERYBODY = (ANNA, TIM, SARA, CARL, NORA)
