"""What config/kubernetes makes fits the program: every mount, port, path, variable and name."""

import re
import shutil
import subprocess
from pathlib import PurePosixPath

import pytest
import yaml

from support import http
from support.process import Server, free_port
from support.settings import REPOSITORY

EXAMPLE = REPOSITORY / "config" / "kubernetes" / "example"
INSTRUCTIONS = REPOSITORY / "docs" / "install" / "kubernetes.md"
SECRETS = {
    "jwt_app_secret": "0123456789abcdef" * 4,
    "client_secret": "fedcba9876543210" * 4,
    "cookie_keys": "00112233445566778899aabbccddeeff",
    "redis_url": "redis://:password@127.0.0.1:1/0",
}


@pytest.fixture(scope="module")
def objects():
    """Everything that the overlay makes, by kind and name."""
    if not shutil.which("kubectl"):
        pytest.skip("kubectl is not there (a client newer than Debian 12's)")
    made = subprocess.run(["kubectl", "kustomize", EXAMPLE], capture_output=True, text=True, timeout=60, check=False)
    assert made.returncode == 0 and not made.stderr, made.stderr
    return {(one["kind"], one["metadata"]["name"]): one for one in yaml.safe_load_all(made.stdout)}


@pytest.fixture(scope="module")
def pod(objects):
    return objects["Deployment", "jitsi-oidc-bridge"]["spec"]["template"]["spec"]


@pytest.fixture(scope="module")
def container(pod):
    (container,) = pod["containers"]
    return container


def mounts(pod, container):
    """The volume behind each folder of the container."""
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    return {mount["mountPath"]: volumes[mount["name"]] for mount in container["volumeMounts"]}


@pytest.fixture(scope="module")
def configured(objects, pod, container, tmp_path_factory):
    """The configuration as the bridge would find it in the pod, on this machine: its file, and its variables."""
    folder = tmp_path_factory.mktemp("kubernetes")
    variables = {variable["name"]: variable["value"] for variable in container["env"]}
    named = PurePosixPath(variables["BRIDGE_CONFIG"])
    map_of_files = mounts(pod, container)[str(named.parent)]["configMap"]["name"]
    text = objects["ConfigMap", map_of_files]["data"][named.name]
    for name, value in SECRETS.items():
        (folder / name).write_text(value)
    text = text.replace("/run/secrets/jitsi-oidc-bridge/", f"{folder}/")
    file = folder / named.name
    file.write_text(text)
    return file, {**variables, "BRIDGE_CONFIG": str(file)}


def pods(objects):
    """The labels and the ports' names of everything that makes pods."""
    for (kind, _), one in objects.items():
        if kind in ("Deployment", "StatefulSet"):
            template = one["spec"]["template"]
            ports = {port["name"]: port["containerPort"] for port in template["spec"]["containers"][0]["ports"]}
            yield template["metadata"]["labels"], ports


def the_pod(objects, selector):
    """The ports of the one kind of pod that a selector finds."""
    found = [ports for labels, ports in pods(objects) if selector.items() <= labels.items()]
    assert len(found) == 1, f"{selector} finds {len(found)} kinds of pods"
    return found[0]


def test_the_configuration_is_good(settings, configured):
    _, variables = configured
    checked = subprocess.run(
        [settings.bridge, "config", "check"], env=variables, capture_output=True, text=True, timeout=30, check=False
    )
    assert (checked.returncode, checked.stdout.strip()) == (0, "The configuration is good."), checked.stdout


def test_every_secret_lies_where_the_secret_is_mounted_and_the_instructions_make_it(objects, pod, container):
    text = objects["ConfigMap", "jitsi-oidc-bridge"]["data"]["bridge.toml"]
    named = {PurePosixPath(path) for path in re.findall(r'^\w+_file = "(.+)"$', text, re.MULTILINE)}
    assert {path.name for path in named} == SECRETS.keys()
    volumes = mounts(pod, container)
    assert {volumes[str(path.parent)]["secret"]["secretName"] for path in named} == {"jitsi-oidc-bridge"}
    command = re.search(r"create secret generic jitsi-oidc-bridge \\\n((?:.*\\\n)*.*)", INSTRUCTIONS.read_text())[1]
    assert set(re.findall(r"--from-(?:literal|file)=(\w+)=", command)) == SECRETS.keys()


def test_the_store_has_the_password_that_the_instructions_make(objects):
    (valkey,) = objects["StatefulSet", "jitsi-oidc-bridge-valkey"]["spec"]["template"]["spec"]["containers"]
    reference = valkey["env"][0]["valueFrom"]["secretKeyRef"]
    instructions = INSTRUCTIONS.read_text()
    assert f"create secret generic {reference['name']} --from-literal={reference['key']}=" in instructions
    service = objects["Service", "jitsi-oidc-bridge-valkey"]
    assert f"@{service['metadata']['name']}:{service['spec']['ports'][0]['port']}/0" in instructions


def test_the_bridge_answers_every_probe_where_it_is_asked(settings, configured, container, tmp_path):
    file, variables = configured
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    probes = [container[kind]["httpGet"] for kind in ("startupProbe", "readinessProbe", "livenessProbe")]
    listen = f'listen = "0.0.0.0:{ports["http"]}"'
    assert {probe["port"] for probe in probes} == {"http"} and listen in file.read_text()
    port = free_port()
    here = tmp_path / "bridge.toml"
    here.write_text(file.read_text().replace(listen, f'listen = "127.0.0.1:{port}"'))
    url = f"http://127.0.0.1:{port}"
    variables = {**variables, "BRIDGE_CONFIG": str(here)}
    bridge = Server("the bridge", [settings.bridge, "serve"], variables, settings.logs / "kubernetes.log")
    bridge.start(lambda: http.get(f"{url}/healthz"), 10)
    try:
        # 503 is an answer too: there is no provider here.
        assert {http.get(url + probe["path"]).status for probe in probes} == {200, 503}
    finally:
        bridge.stop()


def test_a_pod_that_ends_has_time_for_the_sign_ins_under_way(configured, pod, container):
    seconds = int(re.search(r'^shutdown_timeout = "(\d+)s"$', configured[0].read_text(), re.MULTILINE)[1])
    waits = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert waits + seconds < pod["terminationGracePeriodSeconds"]


def test_services_policies_and_budgets_find_their_pods(objects):
    for name in ("jitsi-oidc-bridge", "jitsi-oidc-bridge-valkey"):
        service = objects["Service", name]["spec"]
        ports = the_pod(objects, service["selector"])
        assert all(port["targetPort"] in ports for port in service["ports"])
        policy = objects["NetworkPolicy", name]["spec"]
        ports = the_pod(objects, policy["podSelector"]["matchLabels"])
        assert {port["port"] for rule in policy["ingress"] for port in rule["ports"]} <= ports.keys()
    the_pod(objects, objects["PodDisruptionBudget", "jitsi-oidc-bridge"]["spec"]["selector"]["matchLabels"])
    (spread,) = objects["Deployment", "jitsi-oidc-bridge"]["spec"]["template"]["spec"]["topologySpreadConstraints"]
    the_pod(objects, spread["labelSelector"]["matchLabels"])
    # The way from the bridge to the store is open at both ends.
    (way,) = [
        rule
        for rule in objects["NetworkPolicy", "jitsi-oidc-bridge"]["spec"]["egress"]
        if "to" in rule
    ]
    assert way["ports"] == [{"port": 6379}]
    assert the_pod(objects, way["to"][0]["podSelector"]["matchLabels"]) == {"redis": 6379}


def test_the_ingress_leads_to_the_service_below_the_public_address(objects, configured):
    public_url = re.search(r'^public_url = "https://([^/]+)(/.+)"$', configured[0].read_text(), re.MULTILINE)
    (rule,) = objects["Ingress", "jitsi-oidc-bridge"]["spec"]["rules"]
    (path,) = rule["http"]["paths"]
    assert (rule["host"], path["path"]) == (public_url[1], public_url[2])
    backend = path["backend"]["service"]
    ports = objects["Service", backend["name"]]["spec"]["ports"]
    assert backend["port"]["name"] in {port["name"] for port in ports}


def test_nothing_runs_as_root_or_writes_to_its_image_or_is_of_no_version(objects):
    for kind, name in (("Deployment", "jitsi-oidc-bridge"), ("StatefulSet", "jitsi-oidc-bridge-valkey")):
        spec = objects[kind, name]["spec"]["template"]["spec"]
        assert spec["securityContext"]["runAsNonRoot"] is True and spec["automountServiceAccountToken"] is False
        for container in spec["containers"]:
            context = container["securityContext"]
            assert context["readOnlyRootFilesystem"] is True and context["allowPrivilegeEscalation"] is False
            assert context["capabilities"]["drop"] == ["ALL"]
            tag = container["image"].rsplit(":", 1)[1]
            assert re.match(r"\d+\.\d+\.\d+", tag), f"{container['image']} names no version"
            assert container["resources"]["limits"]["memory"]


def test_two_bridges_and_no_secret_in_a_file(objects):
    assert objects["Deployment", "jitsi-oidc-bridge"]["spec"]["replicas"] == 2
    assert not [name for kind, name in objects if kind == "Secret"]


def test_the_user_and_the_store_are_those_of_docker(objects, pod):
    assert f"USER {pod['securityContext']['runAsUser']}:{pod['securityContext']['runAsGroup']}\n" in (
        REPOSITORY / "Dockerfile"
    ).read_text()
    (valkey,) = objects["StatefulSet", "jitsi-oidc-bridge-valkey"]["spec"]["template"]["spec"]["containers"]
    assert f"image: {valkey['image']}\n" in (REPOSITORY / "docker-compose.yml").read_text()
