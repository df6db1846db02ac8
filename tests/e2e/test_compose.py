"""What the tests read from docker-compose.yml is what Docker would."""

from support import compose


def test_a_services_variables_are_read_with_the_defaults_of_the_file():
    prosody = compose.environment("prosody")
    assert prosody["AUTH_TYPE"] == "jwt"
    assert prosody["ENABLE_GUESTS"] == "1", "an alias for another service's value, with a default"
    assert prosody["XMPP_MUC_MODULES"] == "muc_wait_for_host,token_affiliation"
    assert prosody["JWT_APP_SECRET"].startswith("${JWT_APP_SECRET:?"), "from .env alone"
    assert "ENABLE_AUTO_OWNER" not in prosody, "another service's"
    assert compose.environment("jicofo")["ENABLE_AUTO_OWNER"] == "false"
