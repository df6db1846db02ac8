"""What the bridge's pages say, read where the bridge has it from."""

import re

from .settings import REPOSITORY

SOURCES = {"en": "english", "de": "german", "fr": "french", "es": "spanish", "it": "italian"}
LANGUAGES = tuple(SOURCES)
TEXT = re.compile(r'^ +(\w+):\s+"((?:[^"\\]|\\.)*)",$', re.MULTILINE)


def in_every_language(name):
    """A text by its name, in the order of LANGUAGES."""
    return tuple(_texts(language)[name] for language in LANGUAGES)


def _texts(language):
    source = REPOSITORY / "src" / "web" / "texts" / f"{SOURCES[language]}.rs"
    return dict(TEXT.findall(source.read_text()))
