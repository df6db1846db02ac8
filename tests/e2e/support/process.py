"""A server program: started, waited for, stopped; what it says goes into a file."""

import os
import signal
import socket
import subprocess

from .waiting import wait_until


def free_port():
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


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
