"""A second factor for some rooms, set up at Keycloak as docs/providers/keycloak.md says."""

import json
from urllib.parse import quote

# What a sign-in is called in `acr`, and its level.
LEVELS = {"pwd": 1, "mfa": 2}
LEVEL = "conditional-level-of-authentication"
FLOW = "browser by level"


def set_up_levels(realm):
    """A password is level 1; a code on top of that is level 2."""
    _post(realm, "browser", "copy", {"newName": FLOW})
    # Inside that sub-flow, which is an alternative to the cookie: beside the cookie, they would make Keycloak ignore it.
    forms = f"{FLOW} forms"
    for execution in _executions(realm, forms):
        if execution["level"] == 0:
            realm.ask("DELETE", f"/authentication/executions/{execution['id']}")
    _add_level(realm, forms, "password", 1, 36000, ["auth-username-password-form"])
    _add_level(realm, forms, "code", 2, 300, ["auth-otp-form"])
    attributes = realm.ask("GET", "")["attributes"] | {"acr.loa.map": json.dumps(LEVELS)}
    realm.change(browserFlow=FLOW, attributes=attributes)


def forbid_set_up(realm):
    """From now on, people cannot set up a code generator by themselves."""
    path = "/authentication/required-actions/CONFIGURE_TOTP"
    realm.ask("PUT", path, realm.ask("GET", path) | {"enabled": False})


def _add_level(realm, parent, name, level, max_age, steps):
    _add_flow(realm, parent, name, "CONDITIONAL")
    for provider in (LEVEL, *steps):
        _post(realm, name, "executions/execution", {"provider": provider})
    for execution in _executions(realm, name):
        _require(realm, name, execution, "REQUIRED")
        if execution["providerId"] == LEVEL:
            config = {"loa-condition-level": str(level), "loa-max-age": str(max_age)}
            path = f"/authentication/executions/{execution['id']}/config"
            realm.ask("POST", path, {"alias": f"level {level}", "config": config})


def _add_flow(realm, parent, name, requirement):
    _post(realm, parent, "executions/flow", {"alias": name, "type": "basic-flow", "description": ""})
    (added,) = [execution for execution in _executions(realm, parent) if execution["displayName"] == name]
    _require(realm, parent, added, requirement)


def _executions(realm, flow):
    return realm.ask("GET", f"/authentication/flows/{quote(flow)}/executions")


def _require(realm, flow, execution, requirement):
    realm.ask("PUT", f"/authentication/flows/{quote(flow)}/executions", execution | {"requirement": requirement})


def _post(realm, flow, what, body):
    realm.ask("POST", f"/authentication/flows/{quote(flow)}/{what}", body)
