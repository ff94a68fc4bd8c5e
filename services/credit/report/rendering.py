"""The report as a page, from the report alone: what is not in it cannot be shown.

One file without script or anything to load, so that it may be kept, printed, and turned into a PDF in a process that
may open nothing.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from libs.chassis.plain import seen
from libs.registry.size import SizeIndicator
from services.credit.domain.records import scope_of
from services.credit.domain.report import Group, IssuedReport, Language
from services.credit.domain.sources import ItemState
from services.credit.report.chart import chart_of
from services.credit.report.words import months_left, wording

# What a browser may do with the page: show it.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"

_FOLDER = Path(__file__).with_name("templates")
_LABELS = ("srdi", "little_giant", "high_tech", "technology_sme", "innovative_sme")
_TABLED_MONTHS = 12


def page(issued: IssuedReport, language: Language) -> str:
    report = issued.report
    return (
        environment(language)
        .get_template("report.html")
        .render(
            report=report,
            sha256=issued.sha256,
            labels=labels(report.groups),
            adverse=[one for one in report.records.items if scope_of(one.kind) == "public"],
            notes={note.record_id: note.statement for note in report.records.notes},
            debts=[one for one in report.records.items if scope_of(one.kind) != "public"],
            chart=chart_of(report.months),
            months=report.months[-_TABLED_MONTHS:],
            rights=[(right, months_left(right.expires_on, report.as_of)) for right in report.ip_rights],
        )
    )


@cache
def environment(language: Language) -> Environment:
    words = wording(language)
    made = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=seen,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(words.filters())
    known = cast("dict[str, Any]", made.globals)
    known |= {
        "t": words,
        "fact_value": words.value,
        "either": words.either,
        "Indicator": SizeIndicator,
        "style": Markup(
            (_FOLDER / "report.css").read_text(encoding="utf-8")
        ),  # ours, and without a place in it
    }
    return made


def labels(groups: Sequence[Group]) -> list[str]:
    """The recognitions that the firm has."""
    items = [item for group in groups if group.state is ItemState.KNOWN for item in group.items]
    return [item.fact for item in items if item.fact in _LABELS and item.value == "true"]
