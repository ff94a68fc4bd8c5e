"""The rulebook as the policy files of guarantee spell it.

`guarantee.programme.<programme>` names a programme and its scheme. Each figure stands by itself, with its own source
and dates: under the programme's name; or under its scheme's, where the tiers of a scheme share it; or under `default`,
where a programme says nothing of its own.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import date
from typing import Any

from libs.chassis import codec
from libs.policy import Entry, NoPolicyValue, PolicySet
from services.guarantee.domain.programme import Programme, Rulebook, Status
from services.guarantee.domain.red_lines import RedLines

_PROGRAMME = "guarantee.programme."
_LINES = "guarantee.red_lines."
_DEFAULTS = "default"
_OPTIONAL = "labels"
# Records that hold several figures under one parameter; every other parameter is one figure.
_RECORDS = ("borrowers", _OPTIONAL)
_NAMED = ("id", "scheme", "name", "effective", "status", "batch", "source", "sources")
_IN_RECORDS = ("sizes", "owner_kinds", "labels", "labels_excluded")
_FIGURES = (
    *(one.name for one in fields(Programme) if one.name not in (*_NAMED, *_IN_RECORDS)),
    *_RECORDS,
)


def read(policies: PolicySet) -> Rulebook:
    """The rulebook of a policy set: a version for every day on which a figure of a programme changes."""
    programmes = [name.removeprefix(_PROGRAMME) for name in policies.ids(_PROGRAMME)]
    return Rulebook(
        policy_set=policies.set_id,
        programmes=tuple(version for name in programmes for version in _versions(policies, name)),
        red_lines=tuple(_red_lines(policies)),
    )


def _versions(policies: PolicySet, programme: str) -> Iterator[Programme]:
    """The versions of a programme, by date; a day on which a figure ends makes one that is WITHDRAWN."""
    last: Programme | None = None
    for day in _days(policies, [f"{_PROGRAMME}{programme}", *_parameters(policies, programme).values()]):
        try:
            last = _version(policies, programme, day)
        except NoPolicyValue:
            if last is None:
                continue
            last = codec.load(Programme, codec.dump(last) | {"effective": day, "status": Status.WITHDRAWN})
        yield last


def _version(policies: PolicySet, programme: str, day: date) -> Programme:
    head = policies.record_on(f"{_PROGRAMME}{programme}", day)
    found = {name: policies.entry_on(where, day) for name, where in _parameters(policies, programme).items()}
    values: dict[str, Any] = {name: entry.value for name, entry in found.items()}
    borrowers, labels = values.pop("borrowers"), values.pop(_OPTIONAL, {"any": [], "none": []})
    plain = head | values | borrowers | {"labels": labels["any"], "labels_excluded": labels["none"]}
    named = {"id": programme, "effective": day, "source": _words(found["shares"])}
    return codec.load(
        Programme, plain | named | {"sources": _sources(found, _parameters(policies, programme))}
    )


def _parameters(policies: PolicySet, programme: str) -> dict[str, str]:
    """Where each figure stands: under the programme's own name, its scheme's, or as everybody's default."""
    names = (programme, _scheme(policies, programme), _DEFAULTS)
    places = {figure: _place(policies, names, figure) for figure in _FIGURES}
    return {figure: where for figure, where in places.items() if figure != _OPTIONAL or where in policies}


def _place(policies: PolicySet, names: Iterable[str], figure: str) -> str:
    """The first of the names that has the figure; the last one's place where none has, which look-ups then report."""
    places = [f"guarantee.{name}.{figure}" for name in names]
    return next((place for place in places if place in policies), places[-1])


def _scheme(policies: PolicySet, programme: str) -> str:
    first = policies.parameter(f"{_PROGRAMME}{programme}").values[0].value
    return str(first["scheme"]) if isinstance(first, dict) else programme


def _red_lines(policies: PolicySet) -> Iterator[RedLines]:
    places = {name.removeprefix(_LINES): name for name in policies.ids(_LINES)}
    for day in _days(policies, places.values()):
        try:
            found = {name: policies.entry_on(where, day) for name, where in places.items()}
        except NoPolicyValue:
            continue
        values: dict[str, Any] = {name: entry.value for name, entry in found.items()}
        yield codec.load(RedLines, values | {"effective": day, "sources": _sources(found, places)})


def _days(policies: PolicySet, names: Iterable[str]) -> list[date]:
    return sorted({entry.effective for name in names for entry in policies.parameter(name).values})


def _sources(found: Mapping[str, Entry], places: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "figure": name,
            "parameter": places[name],
            "effective": entry.effective,
            "source": _words(entry),
            "confidence": entry.confidence.value,
        }
        for name, entry in found.items()
    ]


def _words(entry: Entry) -> str:
    return f"{entry.source.document}：{entry.source.paragraph}"
