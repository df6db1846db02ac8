"""Prosody's configuration, as docker-jitsi-meet writes it for the variables of docker-compose.yml.

Written down from what its templates (prosody.cfg.lua, conf.d/jitsi-meet.cfg.lua of stable-11146-2) do with each
variable. Left out is what no test touches: recording, visitors, polls, breakout rooms, certificates, ports but that for
HTTP. A module that the plugins at hand do not have is left out as well: some are newer than others.
"""

DOMAIN = "meet.jitsi"
GUEST_DOMAIN = "guest.meet.jitsi"
AUTH_DOMAIN = "auth.meet.jitsi"
MUC_DOMAIN = "muc.meet.jitsi"
LOBBY_DOMAIN = "lobby.meet.jitsi"
FOCUS = f"focus@{AUTH_DOMAIN}"
# Where people ask for it.
FOCUS_PROXY = f"focus.{DOMAIN}"

_MUC = """    storage = "memory"
    restrict_room_creation = true
    muc_room_locking = false
    muc_room_default_public_jids = true
    muc_tombstones = false
    muc_room_allow_persistent = false"""


def render(variables, plugins, home, http_port):
    """The text of prosody.cfg.lua.

    `variables` are docker-jitsi-meet's, and text as there; one that is left out has its default.
    """
    parts = [_server(plugins, home, http_port), _accepted(variables), _members(variables, plugins)]
    if _flag(variables, "ENABLE_GUESTS"):
        parts.append(_guests(variables))
    return "\n".join((*parts, _rooms(variables, plugins)))


def _server(plugins, home, http_port):
    return f"""
run_as_root = true
admins = {{ "{FOCUS}" }}
component_admins_as_room_owners = true
plugin_paths = {_list(plugins.folders)}
modules_enabled = {{ "roster"; "saslauth"; "tls"; "disco"; "ping"; "posix" }}
modules_disabled = {{ "offline"; "register"; "s2s" }}
authentication = "internal_hashed"
log = {{ {{ levels = {{ min = "info" }}, to = "console" }} }}
data_path = "{home}/data"
pidfile = "{home}/prosody.pid"
certificates = "{home}/certs"
c2s_ports = {{}}
c2s_direct_tls_ports = {{}}
https_ports = {{}}
http_ports = {{ {http_port} }}
http_interfaces = {{ "127.0.0.1" }}
http_default_host = "{DOMAIN}"
consider_bosh_secure = true
consider_websocket_secure = true
muc_mapper_domain_base = "{DOMAIN}"
muc_mapper_domain_prefix = "{MUC_DOMAIN.split(".")[0]}"
smacks_max_unacked_stanzas = 5
smacks_hibernation_time = 60
smacks_max_old_sessions = 1
storage = {{ smacks_h = "memory" }}"""


def _accepted(variables):
    return "".join(
        f"{option} = {_list(variables[name].split(','))}\n"
        for option, name in (
            ("asap_accepted_issuers", "JWT_ACCEPTED_ISSUERS"),
            ("asap_accepted_audiences", "JWT_ACCEPTED_AUDIENCES"),
        )
        if variables.get(name)
    )


def _members(variables, plugins):
    lines = [
        f'VirtualHost "{DOMAIN}"',
        '    authentication = "token"',
        f'    app_id = "{variables["JWT_APP_ID"]}"',
        f"    allow_empty_token = {_lua(_flag(variables, 'JWT_ALLOW_EMPTY'))}",
        f"    enable_domain_verification = {_lua(_flag(variables, 'JWT_ENABLE_DOMAIN_VERIFICATION'))}",
    ]
    for option, name in (
        ("signature_algorithm", "JWT_SIGN_TYPE"),
        ("app_secret", "JWT_APP_SECRET"),
        ("asap_key_server", "JWT_ASAP_KEYSERVER"),
    ):
        if variables.get(name):
            lines.append(f'    {option} = "{variables[name]}"')
    modules = ["bosh", "features_identity", "websocket", "smacks", "conference_duration", "muc_lobby_rooms"]
    return "\n".join(lines + _host(variables, plugins.known(modules)))


def _guests(variables):
    lines = [f'VirtualHost "{GUEST_DOMAIN}"', '    authentication = "jitsi-anonymous"']
    return "\n".join(lines + _host(variables, ["smacks"]))


def _host(variables, modules):
    return [
        f"    modules_enabled = {_list(modules + _split(variables, 'XMPP_MODULES'))}",
        f'    main_muc = "{MUC_DOMAIN}"',
        f'    lobby_muc = "{LOBBY_DOMAIN}"',
        "    c2s_require_encryption = true",
        # Lines of Lua, each with a comma behind it.
        *(f"    {line}" for line in _split(variables, "XMPP_CONFIGURATION")),
    ]


def _rooms(variables, plugins):
    modules = ["muc_hide_all", "muc_meeting_id", *map(plugins.name_of, _split(variables, "XMPP_MUC_MODULES"))]
    modules += ["token_verification", "muc_domain_mapper", "muc_password_whitelist", "muc_resource_validate"]
    return f"""
VirtualHost "{AUTH_DOMAIN}"
    authentication = "internal_hashed"
    modules_enabled = {{ "limits_exception"; "smacks" }}

Component "{MUC_DOMAIN}" "muc"
{_MUC}
    modules_enabled = {_list(plugins.known(modules))}
    anonymous_strict = false
    muc_password_whitelist = {{ "{FOCUS}" }}
    wait_for_host_disable_auto_owners = {_lua(_flag(variables, "WAIT_FOR_HOST_DISABLE_AUTO_OWNERS"))}

Component "{LOBBY_DOMAIN}" "muc"
{_MUC}
    modules_enabled = {{ "muc_hide_all" }}

Component "{FOCUS_PROXY}" "client_proxy"
    target_address = "{FOCUS}"
"""


def _flag(variables, name):
    """A switch; every one that is used here is off by default."""
    return variables.get(name, "").lower() in ("1", "true")


def _split(variables, name):
    return [part for part in variables.get(name, "").split(",") if part]


def _lua(flag):
    return "true" if flag else "false"


def _list(values):
    return "{ " + "; ".join(f'"{value}"' for value in values) + " }"
