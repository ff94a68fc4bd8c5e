"""The base of every shape that travels: unknown fields are an error, at whatever door they come in."""

from typing import ClassVar


class Shape:
    """Frozen dataclasses derive from it; the edges' reader (pydantic) honours the one setting, and nothing else."""

    __slots__ = ()
    __pydantic_config__: ClassVar[dict[str, str | bool]] = {"extra": "forbid"}
