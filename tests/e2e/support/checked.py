"""What `jitsi-oidc-bridge check` finds."""

import json
import subprocess
from dataclasses import dataclass

SECONDS = 90


@dataclass(frozen=True)
class Checked:
    code: int
    said: str
    findings: list

    @classmethod
    def by(cls, command, environment):
        call = [*(str(part) for part in command), "--json"]
        done = subprocess.run(call, env=environment, capture_output=True, text=True, timeout=SECONDS)
        assert done.stderr == "", done.stderr
        areas = json.loads(done.stdout)["areas"]
        return cls(done.returncode, done.stdout, [finding for area in areas for finding in area["findings"]])

    def of(self, verdict):
        """The ids of what has that verdict."""
        return {finding["id"] for finding in self.findings if finding["verdict"] == verdict}

    def the(self, id):
        """The one finding of that id."""
        (found,) = [finding for finding in self.findings if finding["id"] == id]
        return found

    def finds(self, id, said, mend):
        """Asserts that this is a fault, with these words."""
        found = self.the(id)
        assert found["verdict"] == "fault" and said in found["said"] and mend in found["mend"], found
        assert self.code == 1
