"""`check` against the real counterparts: Keycloak, nginx and Redis, as they should be and with the usual slips."""

from urllib.parse import urlsplit

import pytest

from support.bridge import new_url
from support.nginx import Nginx

# Of Jitsi's side there is nothing here but pages.
JITSI = ("page-", "meetings-", "jitsi-")
# Passwords and secrets that nobody has, or should have.
WRONG = ("not-the-secret-at-all", "not-the-password-of-redis", "the-checkers-password")


@pytest.fixture(scope="module")
def own_url():
    """Where the bridge listens; browsers go through nginx."""
    return new_url()


@pytest.fixture(scope="module")
def nginx(settings, own_url, tmp_path_factory):
    nginx = Nginx(tmp_path_factory.mktemp("nginx") / "home", settings.logs / "nginx-check.log")
    nginx.start([port(own_url)] * 2)
    yield nginx
    nginx.stop()


@pytest.fixture(scope="module")
def public_url(nginx):
    return f"{nginx.url}/sso"


@pytest.fixture(scope="module")
def realm(new_realm, public_url):
    return new_realm("check", public_url)


@pytest.fixture(scope="module")
def checked_bridge(new_bridge, own_url, public_url, realm):
    variables = {
        "BRIDGE_SERVER__PUBLIC_URL": public_url,
        "BRIDGE_SERVER__TRUSTED_PROXIES": '["127.0.0.1"]',
    }
    return new_bridge("check", own_url, realm.issuer, **variables)


def port(url):
    return urlsplit(url).port


@pytest.fixture
def check(checked_bridge, keys, redis):
    """Checks, and looks for secrets in what was said."""

    def check(**others):
        checked = checked_bridge.check(**others)
        for secret in (keys.token, keys.client, keys.cookie_key, redis.password, *WRONG, "eyJ"):
            assert secret not in checked.said
        return checked

    return check


def test_nothing_is_wrong_where_nothing_is(check):
    checked = check()
    faults = {id for id in checked.of("fault") if not id.startswith(JITSI)}
    assert not faults, checked.said
    for id in (
        "provider-issuer",
        "provider-public-address",
        "provider-keys",
        "provider-client",
        "provider-credentials",
        "provider-post-logout-uri",
        "store-rights",
        "store-latency",
        "public-address-bridge",
        "public-address-forwarded",
        "public-address-join",
        "public-address-cookies",
        "public-address-headers",
        "public-address-long-requests",
        "public-address-long-answers",
    ):
        assert checked.the(id)["verdict"] == "good", checked.said
    # Keycloak's answers have no Date; a proxy in front of it would write one.
    assert "was not compared" in checked.the("provider-clock")["said"]


def test_a_wrong_secret_is_told(check):
    checked = check(BRIDGE_PROVIDER__CLIENT_SECRET="not-the-secret-at-all")
    checked.finds("provider-credentials", "does not believe", "provider.client_secret")
    # Keycloak takes pushed requests, from whom it knows: that is the same fault, and told once.
    assert "provider-pushed-requests" not in checked.of("fault")
    # The rest is as it was.
    assert checked.the("provider-client")["verdict"] == "good"


def test_a_client_that_keycloak_does_not_know_is_told(check):
    check(BRIDGE_PROVIDER__CLIENT_ID="nobody").finds("provider-client", 'the client "nobody"', "provider.client_id")


def test_a_redirect_uri_that_is_not_registered_is_told(check, own_url):
    checked = check(BRIDGE_SERVER__PUBLIC_URL=own_url)
    checked.finds("provider-redirect-uri", f"{own_url}/callback", "register exactly")
    assert checked.the("provider-post-logout-uri")["verdict"] == "warning"


def test_another_realm_is_told(check, realm):
    issuer = realm.issuer.replace("/check", "/nowhere")
    check(BRIDGE_PROVIDER__ISSUER=issuer).finds("provider-discovery", "404", "realm")


def test_a_wrong_password_of_redis_is_told(check, redis):
    url = redis.url.replace(redis.password, "not-the-password-of-redis")
    check(BRIDGE_SESSION__REDIS_URL=url).finds("store-password", "WRONGPASS", "session.redis_url")


def test_rights_that_are_missing_are_told_and_those_of_the_documentation_suffice(check, redis):
    least = (
        "resetkeys ~jitsi-oidc-bridge:* resetchannels nocommands +get +set +del +getdel +zadd +zrem +zrange +zrangebyscore "
        "+zremrangebyscore +zremrangebyrank +expire +incr +select +client|id +info"
    ).split()

    def as_user(*rights):
        redis.ask("ACL", "SETUSER", "checker", "reset", "on", ">the-checkers-password", *rights)
        host = redis.address.partition("@")[2]
        return check(BRIDGE_SESSION__REDIS_URL=f"redis://checker:the-checkers-password@{host}/0")

    assert as_user(*least).the("store-rights")["verdict"] == "good"
    as_user(*least, "-getdel").finds("store-rights", "GETDEL", "+getdel")
    others = [right for right in least if not right.startswith("~")]
    as_user(*others, "~other:*").finds("store-rights", "refuses SET, GET", "~jitsi-oidc-bridge:*")
    redis.ask("ACL", "DELUSER", "checker")


# nginx, with the usual slips.


def replaced(before, after):
    def change(location):
        assert before in location
        return location.replace(before, after)

    return change


@pytest.mark.parametrize(
    ("change", "id", "said", "mend"),
    [
        (
            replaced("http://jitsi_oidc_bridge;", "http://jitsi_oidc_bridge/bridge/;"),
            "public-address-path",
            "changes the path",
            "proxy_pass",
        ),
        (
            replaced("proxy_set_header X-Forwarded-For $remote_addr;", 'proxy_set_header X-Forwarded-For "";'),
            "public-address-forwarded",
            "does not write x-forwarded-for",
            "X-Forwarded-For $remote_addr",
        ),
        (
            replaced("proxy_set_header X-Forwarded-For $remote_addr;", ""),
            "public-address-forwarded",
            "anybody can pretend to come from another address",
            "X-Forwarded-For $remote_addr",
        ),
        (
            replaced("proxy_buffer_size 16k;", "proxy_buffer_size 4k;"),
            "public-address-long-answers",
            "502",
            "proxy_buffer_size 16k",
        ),
        (
            replaced("proxy_buffer_size 16k;", "proxy_buffer_size 16k; proxy_cookie_flags ~ nohttponly;"),
            "public-address-cookies",
            "HttpOnly",
            "proxy_cookie_flags",
        ),
        (replaced("/sso/", "/elsewhere/"), "public-address-other-program", "404", "location ^~"),
    ],
    ids=["another-path", "no-address", "any-address", "small-buffers", "open-cookies", "no-location"],
)
def test_a_slip_in_nginx_is_told(check, nginx, own_url, change, id, said, mend):
    ports = [port(own_url)] * 2
    nginx.stop()
    nginx.start(ports, change)
    try:
        check().finds(id, said, mend)
    finally:
        nginx.stop()
        nginx.start(ports)


def test_a_bridge_that_does_not_run_is_told(check, checked_bridge):
    assert checked_bridge.stop() == 0
    try:
        checked = check()
    finally:
        checked_bridge.start()
    checked.finds("public-address-not-running", "502", "jitsi-oidc-bridge serve")
    assert checked.the("provider-client")["verdict"] == "good"
