"""A clock that is set while a program runs, by libfaketime. As on a real machine, the monotonic clock does not see it."""

import glob
import os
import time

LIBRARIES = "/usr/lib/*/faketime/libfaketimeMT.so.1"


class FakeClock:
    def __init__(self, folder):
        [library] = glob.glob(LIBRARIES)
        self._file = folder / "clock"
        self._ahead = 0
        self.set(0)
        # For the environment of the program.
        self.variables = {
            "LD_PRELOAD": library,
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, ahead):
        """So many seconds ahead of the machine's clock; behind it, with a minus."""
        # The program reads it at any time: it sees the one or the other.
        new = self._file.with_suffix(".new")
        new.write_text(f"{ahead:+d}\n")
        os.replace(new, self._file)
        self._ahead = ahead

    def now(self):
        return time.time() + self._ahead
