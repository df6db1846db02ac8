"""docs/jitsi.md says which test proves what: those tests must exist."""

import re
from pathlib import Path

from support.settings import REPOSITORY

DOCS = REPOSITORY / "docs" / "jitsi.md"


def test_every_test_that_the_docs_name_exists():
    named = set(re.findall(r"`(test_\w+)`", DOCS.read_text()))
    sources = Path(__file__).parent.rglob("test_*.py")
    defined = {name for source in sources for name in re.findall(r"^def (test_\w+)\(", source.read_text(), re.MULTILINE)}
    assert named and not named - defined
