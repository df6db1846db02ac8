"""Waiting for what a server or a page will do: asked again and again, for so long and no longer."""

import time

PATIENCE = 20.0
PAUSE = 0.05


def wait_until(what, condition, patience=PATIENCE):
    """What `condition` gives as soon as that is neither None nor False; `what` says in words what did not come."""
    deadline = time.monotonic() + patience
    while True:
        if (result := condition()) not in (None, False):
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen within {patience:.0f} s")
        time.sleep(PAUSE)
