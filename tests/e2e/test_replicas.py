"""Several bridges with one store: whatever one of them began or ended counts at the others, with every kind of Redis."""

import re

import pytest

from support.redis import Cluster, Guarded
from support.settings import REPOSITORY
from support.sharing import assert_all_is_shared
from support.tls import Authority
from support.visitor import NotLetIn
from support.waiting import wait_until

def documented_user(layer=None):
    """The words of docs/replicas.md that make a user; with those for Sentinel or Cluster."""
    docs = (REPOSITORY / "docs" / "replicas.md").read_text()
    words = re.search(r"^ACL SETUSER bridge .*$", docs, re.MULTILINE)[0].split()
    if layer is not None:
        words += re.search(rf"{layer} also `([^`]+)`", docs)[1].split()
    return words


def test_everything_is_shared_by_way_of_a_store_with_a_password(new_store, new_replicas):
    store = new_store()
    replicas = new_replicas(store.url)
    assert_all_is_shared(replicas)
    visitor = replicas.visitor()
    visitor.tokens(visitor.code("rocket"))
    visitor.invite("lounge")
    # Nothing of it lies in the way of other programs.
    kinds = {re.match("jitsi-oidc-bridge:([a-z]+):", key)[1] for key in store.keys()}
    assert kinds == {"session", "list", "mark", "used", "family", "refresh", "rate", "ready"}


def test_a_user_with_the_documented_rights_may_do_all_that_the_bridge_needs_and_no_command_more(
    new_store, new_replicas
):
    store = new_store()
    words = documented_user()
    assert store.ask(*words) == "OK"
    url = store.url.replace(f":{store.password}@", "bridge:PASSWORD@")
    assert_all_is_shared(new_replicas(url))
    assert store.ask("ACL", "LOG") == ""

    # And nothing of it is too much: every command that is granted has been used.
    used = set(re.findall(r"^cmdstat_([a-z|]+):", store.ask("INFO", "commandstats"), re.MULTILINE))
    granted = {word.removeprefix("+") for word in words if word.startswith("+")}
    assert granted <= used, granted - used


@pytest.mark.parametrize("kind, layer", [(Guarded, "Sentinel"), (Cluster, "Cluster")], ids=["sentinel", "cluster"])
def test_the_documented_rights_are_enough_behind_sentinel_and_in_a_cluster(new_store, new_replicas, kind, layer):
    store = new_store(kind)
    servers = store.servers()
    for server in servers:
        assert server.ask(*documented_user(layer)) == "OK"
    assert_all_is_shared(new_replicas(store.url_for("bridge:PASSWORD")))
    for server in servers:
        assert server.ask("ACL", "LOG") == ""


def test_without_the_password_nobody_is_ready_and_the_log_says_why(new_store, new_replicas):
    store = new_store()
    replicas = new_replicas(store.url.replace(store.password, "wrong"), ready_at="/healthz", count=1)
    [bridge] = replicas.bridges
    wait_until("the reason", lambda: "WRONGPASS" in bridge.log())
    assert replicas.visitor().walk("rocket")


def test_everything_is_shared_by_way_of_an_encrypted_store_of_a_private_authority(new_store, new_replicas, tmp_path):
    authority = Authority(tmp_path / "authority")
    store = new_store(tls=authority)
    assert_all_is_shared(new_replicas(store.url, session=f'redis_ca_file = "{authority.ca}"'))


@pytest.mark.parametrize(
    "host, trusted, reason",
    [("localhost", False, "UnknownIssuer"), ("redis.example.org", True, "NotValidForName")],
    ids=["an unknown authority", "another host"],
)
def test_a_store_whose_certificate_is_wrong_is_not_spoken_to_and_the_log_says_why(
    new_store, new_replicas, tmp_path, host, trusted, reason
):
    authority = Authority(tmp_path / "authority", host)
    store = new_store(tls=authority)
    session = f'redis_ca_file = "{authority.ca}"' if trusted else ""
    replicas = new_replicas(store.url, ready_at="/healthz", count=1, session=session)
    [bridge] = replicas.bridges
    wait_until("the reason", lambda: reason in bridge.log())
    assert bridge.status("/readyz") == 503
    assert replicas.visitor().walk("rocket")
    assert store.keys() == []


def test_everything_is_shared_behind_sentinel_before_and_after_another_server_has_taken_over(new_store, new_replicas):
    store = new_store(Guarded)
    replicas = new_replicas(store.url)
    assert_all_is_shared(replicas)
    visitor = replicas.visitor()
    visitor.walk("rocket")
    wait_until("the copy", lambda: sorted(store.replica.keys()) == sorted(store.primary.keys()))

    store.primary.kill()
    replicas.wait_until_not_ready()
    assert replicas.visitor().walk("rocket"), "nobody may come in without the store"
    replicas.wait_until_ready()

    assert store.replica.is_primary()
    assert visitor.is_remembered(), "who was signed in before has to sign in again"
    assert_all_is_shared(replicas)


def test_a_primary_that_is_asked_to_stand_back_is_left_for_the_one_that_takes_over(new_store, new_replicas):
    store = new_store(Guarded)
    replicas = new_replicas(store.url)
    assert_all_is_shared(replicas)
    assert store.fail_over() == "OK"
    wait_until("the failover", store.replica.is_primary)
    wait_until("the old primary's new part", lambda: not store.primary.is_primary())
    replicas.wait_until_ready()
    assert_all_is_shared(replicas)


def test_a_primary_that_hangs_is_left_for_the_one_that_takes_over(new_store, new_replicas):
    store = new_store(Guarded)
    replicas = new_replicas(store.url)
    store.primary.pause()
    replicas.wait_until_not_ready()
    replicas.wait_until_ready()
    assert store.replica.is_primary()
    assert_all_is_shared(replicas)


def test_everything_is_shared_in_a_cluster_before_and_after_a_node_has_been_killed(new_store, new_replicas):
    store = new_store(Cluster)
    replicas = new_replicas(store.url)
    # Several people: their keys lie on all three nodes.
    for _ in range(3):
        assert_all_is_shared(replicas)
    primaries = store.primaries()
    assert len(primaries) == 3 and all(node.keys() for node in primaries), "a node has nothing to do"

    primaries[0].kill()
    wait_until("the failover", lambda: len(store.primaries()) == 3)
    replicas.wait_until_ready()
    for _ in range(3):
        assert_all_is_shared(replicas)


def test_a_login_ends_though_the_bridge_that_began_it_was_killed(new_store, new_replicas):
    replicas = new_replicas(new_store().url)
    one, other = replicas.bridges
    visitor = replicas.visitor()
    remembered = replicas.visitor()
    remembered.walk("rocket")
    back = visitor.come_back(visitor.begin("rocket"))
    code = remembered.code("rocket")

    one.kill()

    visitor.at = remembered.at = other
    assert visitor.finish(back)
    assert visitor.is_remembered()
    assert remembered.is_remembered()
    assert remembered.tokens(code)[0] == 200
    with pytest.raises(NotLetIn):
        visitor.finish(back)
