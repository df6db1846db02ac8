"""What docker-compose.yml sets for a service, with the defaults that it gives itself: read, so that nothing drifts."""

import re

from .settings import REPOSITORY

_SERVICE = re.compile(r"^  (\w+):$")
_VARIABLE = re.compile(r"^      (\w+): (?:&(?P<anchor>\w+) )?(?P<value>.+)$")
_DEFAULT = re.compile(r"\$\{\w+:-([^}]*)\}")


def environment(service):
    """The variables of that service, by name. One that comes from .env alone keeps its placeholder."""
    found, anchors, here, inside = {}, {}, None, False
    for line in (REPOSITORY / "docker-compose.yml").read_text().splitlines():
        if name := _SERVICE.match(line):
            here, inside = name[1], False
        elif line.startswith("    ") and not line.startswith("     "):
            inside = line == "    environment:"
        elif inside and (variable := _VARIABLE.match(line)):
            value = _DEFAULT.sub(r"\1", variable["value"].strip('"'))
            if variable["anchor"]:
                anchors[variable["anchor"]] = value
            if here == service:
                found[variable[1]] = anchors[value[1:]] if value.startswith("*") else value
    assert found, f"docker-compose.yml has no service {service} with variables"
    return found
