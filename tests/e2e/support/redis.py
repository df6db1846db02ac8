"""Redis, which keeps nothing on disk: a server, one with TLS, one behind Sentinel, and a cluster."""

import secrets
import signal
import socket
import subprocess

from .process import Server, free_port
from .waiting import wait_until

START_SECONDS = 20


class Redis:
    """A server. `lines` are further settings; `url` is for the user who may do everything."""

    def __init__(self, home, log, lines=(), tls=None, protected=True):
        home.mkdir(parents=True)
        self.port = free_port()
        self.password = secrets.token_hex(16)
        self._tls = tls
        settings = ["bind 127.0.0.1", f"requirepass {self.password}", 'save ""', "appendonly no", f"dir {home}"]
        if tls:
            settings += ["port 0", f"tls-port {self.port}", "tls-auth-clients no"]
            settings += [f"tls-cert-file {tls.certificate}", f"tls-key-file {tls.key}", f"tls-ca-cert-file {tls.ca}"]
        else:
            settings += [f"port {self.port}"]
        if not protected:
            settings.remove(f"requirepass {self.password}")
            settings.append("protected-mode no")
        self._settings = home / "redis.conf"
        self._settings.write_text("\n".join([*settings, *lines, ""]))
        scheme = "rediss" if tls else "redis"
        credentials = f":{self.password}@" if protected else ""
        self.address = f"{credentials}localhost:{self.port}"
        self.url = f"{scheme}://{self.address}/0"
        self._protected = protected
        self._server = Server("Redis", ["redis-server", self._settings], {}, log)

    def start(self):
        self._server.start(self._is_ready, START_SECONDS)

    def stop(self):
        return self._server.stop()

    # What befalls it.

    def kill(self):
        self._server.kill()

    def pause(self):
        """From here on connections hang: what comes is taken, and not answered."""
        self._server.signal(signal.SIGSTOP)

    def resume(self):
        self._server.signal(signal.SIGCONT)

    def is_running(self):
        return self._server.process is not None

    # What an administrator asks.

    def ask(self, *command):
        """What `redis-cli` says to a command, as text."""
        call = ["redis-cli", "-h", "127.0.0.1", "-p", str(self.port), "--no-auth-warning"]
        if self._protected:
            call += ["-a", self.password]
        if self._tls:
            call += ["--tls", "--cacert", str(self._tls.ca)]
        done = subprocess.run([*call, *command], capture_output=True, text=True, timeout=20)
        return done.stdout.strip() + done.stderr.strip()

    def keys(self):
        return [key for key in self.ask("KEYS", "*").splitlines() if key]

    def is_primary(self):
        return "role:master" in self.ask("INFO", "replication")

    def has_its_copy(self):
        return "master_link_status:up" in self.ask("INFO", "replication")

    def _is_ready(self):
        if self._tls:
            return self.ask("PING") == "PONG"
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(b"PING\r\n")
                # It answers, if only that it wants the password first.
                return connection.recv(64).startswith((b"+PONG", b"-NOAUTH"))
        except OSError:
            return False


class Guarded:
    """A primary, its replica, and three Sentinels that let the replica take over."""

    NAME = "meetings"

    def __init__(self, home, log):
        home.mkdir(parents=True)
        password = secrets.token_hex(16)
        # As operators have it: one password for both, and for the way between them.
        same = [f"requirepass {password}", f"masterauth {password}"]
        self.primary = Redis(home / "primary", log, same)
        of_primary = f"replicaof 127.0.0.1 {self.primary.port}"
        self.replica = Redis(home / "replica", log, [*same, of_primary])
        self.primary.password = self.replica.password = password
        self._sentinels = []
        for number in range(3):
            port = free_port()
            settings = home / f"sentinel-{number}.conf"
            settings.write_text(
                f"bind 127.0.0.1\nport {port}\ndir {home}\n"
                f"sentinel monitor {self.NAME} 127.0.0.1 {self.primary.port} 2\n"
                f"sentinel auth-pass {self.NAME} {password}\n"
                f"sentinel down-after-milliseconds {self.NAME} 1000\n"
                f"sentinel failover-timeout {self.NAME} 5000\n"
            )
            server = Server("Sentinel", ["redis-server", settings, "--sentinel"], {}, log)
            self._sentinels.append((port, server))
        (first, *others) = [port for port, _ in self._sentinels]
        nodes = "".join(f"&node=localhost:{port}" for port in others)
        self._sentinel = f"localhost:{first}/0?sentinelServiceName={self.NAME}{nodes}"
        self.url = self.url_for(f":{password}")

    def url_for(self, credentials):
        return f"redis-sentinel://{credentials}@{self._sentinel}"

    def servers(self):
        return [self.primary, self.replica]

    def start(self):
        self.primary.start()
        self.replica.start()
        for port, server in self._sentinels:
            server.start(lambda: _said(port, "PING") == "PONG", START_SECONDS)
        wait_until("the replica's copy", self.replica.has_its_copy)
        wait_until("the Sentinels' acquaintance", self._know_each_other)

    def fail_over(self):
        """Lets the replica take over though nothing is wrong; gives the Sentinel's answer."""
        port, _ = self._sentinels[0]
        return _said(port, "SENTINEL", "FAILOVER", self.NAME)

    def _know_each_other(self):
        """They can only agree on anything once each knows the others and the replica."""
        told = [_said(port, "SENTINEL", "MASTER", self.NAME).splitlines() for port, _ in self._sentinels]
        facts = [dict(zip(lines[::2], lines[1::2])) for lines in told]
        return all((fact.get("num-other-sentinels"), fact.get("num-slaves")) == ("2", "1") for fact in facts)

    def stop(self):
        for _, server in self._sentinels:
            server.stop()
        for redis in (self.replica, self.primary):
            redis.resume()
            redis.stop()


class Cluster:
    """Three primaries, each with a replica."""

    def __init__(self, home, log):
        home.mkdir(parents=True)
        lines = ["cluster-enabled yes", "cluster-node-timeout 1500"]
        # Without a password: `redis-cli --cluster` and the nodes among themselves would need it in three places.
        self.nodes = [
            Redis(home / str(number), log, [*lines, f"cluster-port {free_port()}"], protected=False)
            for number in range(6)
        ]
        nodes = "&".join(f"node=localhost:{node.port}" for node in self.nodes[1:3])
        self._first = f"localhost:{self.nodes[0].port}?{nodes}"
        self.url = f"redis-cluster://{self._first}"

    def url_for(self, credentials):
        return f"redis-cluster://{credentials}@{self._first}"

    def servers(self):
        return self.nodes

    def start(self):
        for node in self.nodes:
            node.start()
        addresses = [f"127.0.0.1:{node.port}" for node in self.nodes]
        call = ["redis-cli", "--cluster", "create", *addresses, "--cluster-replicas", "1", "--cluster-yes"]
        made = subprocess.run(call, capture_output=True, text=True, timeout=60)
        assert made.returncode == 0, made.stdout + made.stderr
        wait_until("the cluster", lambda: all("cluster_state:ok" in node.ask("CLUSTER", "INFO") for node in self.nodes))
        wait_until("the copies", lambda: all(_is_in_step(node) for node in self.nodes))

    def primaries(self):
        return [node for node in self.nodes if node.is_primary()]

    def stop(self):
        for node in self.nodes:
            node.stop()


def _is_in_step(node):
    return node.is_primary() or node.has_its_copy()


def _said(port, *command):
    call = ["redis-cli", "-h", "127.0.0.1", "-p", str(port), *command]
    return subprocess.run(call, capture_output=True, text=True, timeout=20).stdout.strip()
