"""People who come all the time: each signs in, comes into a meeting, and into the next one."""

import threading

from .visitor import NotLetIn

AT_ONCE = 3


class Traffic:
    def __init__(self, replicas):
        self._replicas = replicas
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._come_and_go, daemon=True) for _ in range(AT_ONCE)]
        self.came = 0
        self.turned_away = []
        # The longest that anybody waited for one answer of a bridge, in seconds.
        self.longest = 0.0

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _come_and_go(self):
        while not self._over.is_set():
            visitor = self._replicas.visitor()
            try:
                visitor.walk("rocket")
                visitor.walk("comet")
                self.came += 1
            except (NotLetIn, OSError) as fault:
                self.turned_away.append(fault)
            self.longest = max(self.longest, visitor.longest)
