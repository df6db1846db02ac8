"""A named pipe for a log, whose reader reads when it likes."""

import json
import os
import select



class LogPipe:
    def __init__(self, file):
        self.file = file
        os.mkfifo(file)
        self._end = None
        self.open()

    def open(self):
        """From here on there is a reader."""
        self._end = os.open(self.file, os.O_RDONLY | os.O_NONBLOCK)

    def close(self):
        """From here on there is none."""
        if self._end is not None:
            os.close(self._end)
            self._end = None

    def read_until(self, wanted, patience=20):
        """The lines up to the first that `wanted` is true of."""
        lines, rest = [], b""
        while not (lines and wanted(lines[-1])):
            *whole, rest = rest.split(b"\n", 1) if b"\n" in rest else (rest,)
            if whole:
                lines.append(json.loads(whole[0]))
                continue
            assert select.select([self._end], [], [], patience)[0], f"no such line among {len(lines)}"
            # Nothing and no end: there is no writer at this moment.
            rest += os.read(self._end, 65536)
        return lines
