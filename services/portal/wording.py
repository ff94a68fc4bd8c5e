"""All words of the pages, one table per language: texts/<language>.yaml, flattened to dotted keys."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

import yaml

LANGUAGES = ("zh", "en")  # the first is the default

_FOLDER = Path(__file__).parent / "texts"


@dataclass(frozen=True)
class Wording:
    language: str
    table: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The text under a key, with its places filled. KeyError for a key or a place that is not there."""
        return self.table[key].format(**values) if values else self.table[key]

    def __contains__(self, key: str) -> bool:
        return key in self.table

    def get(self, key: str, otherwise: str) -> str:
        return self.table.get(key, otherwise)

    def under(self, prefix: str) -> dict[str, str]:
        """The texts right under a key, by the last part of theirs."""
        start = prefix + "."
        return {key.removeprefix(start): text for key, text in self.table.items() if key.startswith(start)}


@cache
def wording(language: str) -> Wording:
    return Wording(language, dict(_flat("", read(language))))


def read(name: str) -> dict[str, Any]:
    """A file of texts/ as it stands."""
    text = (_FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    return cast("dict[str, Any]", yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


def _flat(prefix: str, branch: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in branch.items():
        if isinstance(value, Mapping):
            yield from _flat(f"{prefix}{name}.", cast("Mapping[str, Any]", value))
        else:
            yield f"{prefix}{name}", str(value)
