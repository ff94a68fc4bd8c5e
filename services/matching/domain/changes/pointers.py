"""Another value at a place of a JSON document, named by a JSON pointer (RFC 6901)."""

import json
from copy import deepcopy
from typing import Any, cast

from libs.criteria.violation import Violation


def parsed(value: str) -> Any:
    try:
        return json.loads(value, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Violation("value", f"`{value:.60}` is no JSON.", "Write texts in quotes.") from error


def _no_number(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def replaced(document: Any, path: str, value: Any) -> Any:
    """A copy with the value at the place; a place that is not there, but could be, is made in objects only."""
    if not path:
        return value
    *above, last = (part.replace("~1", "/").replace("~0", "~") for part in path[1:].split("/"))
    changed = deepcopy(document)
    place = changed
    for part in above:
        place = _in(place, part, path)
    if isinstance(place, list):
        _in(place, last, path)
        place[int(last)] = value
    elif isinstance(place, dict):
        place[last] = value
    else:
        raise _nowhere(path)
    return changed


def _in(place: Any, part: str, path: str) -> Any:
    if isinstance(place, dict):
        held = cast("dict[str, Any]", place)
        if part in held:
            return held[part]
    elif isinstance(place, list) and part.isdigit():
        items = cast("list[Any]", place)
        if int(part) < len(items):
            return items[int(part)]
    raise _nowhere(path)


def _nowhere(path: str) -> Violation:
    return Violation("path", f"There is nothing at {path}.", "Name a place of the document as it is now.")
