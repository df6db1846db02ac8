"""A server program: started, waited for, stopped; what it says goes into a file."""

import os
import random
import signal
import socket
import subprocess
from pathlib import Path

from .waiting import wait_until

# What the system gives to connections that go out: https://docs.kernel.org/networking/ip-sysctl.html
OUTGOING_PORTS = Path("/proc/sys/net/ipv4/ip_local_port_range")
# Ports that were given away, whose servers may not listen yet.
given = set()


def free_port():
    """A port of the loopback interface that nobody listens on, and that no connection that goes out can take
    before its server does."""
    first_outgoing = int(OUTGOING_PORTS.read_text().split()[0])
    candidates = [port for port in range(10_000, first_outgoing) if port not in given]
    for port in random.sample(candidates, len(candidates)):
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
        given.add(port)
        return port
    raise AssertionError(f"no port between 10000 and {first_outgoing} is free")


class Server:
    def __init__(self, name, command, environment, log, cwd=None, farewell=signal.SIGTERM):
        self.name = name
        self.command = [str(part) for part in command]
        # Nothing of the surroundings comes in but what programs need to run at all.
        inherited = {key: os.environ[key] for key in ("PATH", "HOME", "LANG", "JAVA_HOME") if key in os.environ}
        self.environment = inherited | environment
        self.log = log
        self.cwd = cwd
        # The signal that asks it to end.
        self.farewell = farewell
        self.process = None

    def start(self, is_ready, patience):
        """Starts it, and waits until `is_ready`."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=self.environment,
                cwd=self.cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

        def ready():
            if (code := self.process.poll()) is not None:
                raise AssertionError(f"{self.name} ended with {code}:\n{self.said()[-4000:]}")
            return is_ready()

        try:
            wait_until(f"{self.name}'s start (see {self.log})", ready, patience)
        except BaseException:
            self.stop()
            raise

    def stop(self, patience=20):
        """Asks it to end, and gives its exit code. One that does not end is killed, and its code is negative."""
        if self.process is None:
            return None
        # The whole group: Keycloak's script has Java as its child.
        self.signal(self.farewell)
        try:
            code = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.signal(signal.SIGKILL)
            code = self.process.wait()
        self.process = None
        return code

    def hang_up(self):
        """Sends it SIGHUP, which most servers take for a wish to read their configuration again."""
        self.signal(signal.SIGHUP)

    def kill(self):
        """Ends it without asking."""
        self.signal(signal.SIGKILL)
        self.process.wait()
        self.process = None

    def said(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def signal(self, number):
        """To the whole group; nothing where it does not run."""
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass
