"""Refusals of services in the words of the page: what is wrong, where, and what to do."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from libs.chassis.problems import KeyReused, Problem, Unauthenticated, from_violation
from libs.criteria.violation import Violation
from services.portal.forms import Form, Posted, Trouble, returned
from services.portal.wording import Wording, read

Refusal = Problem | Violation

_UNITS = re.compile(r"_(fen|ppm|bp)$")
_PLACE = re.compile(r"\\\{(\w+)\\\}")


@dataclass(frozen=True, slots=True)
class Phrase:
    """An English sentence of a service, with places, and the same in Chinese."""

    pattern: re.Pattern[str]
    zh: str

    def translate(self, text: str) -> str | None:
        found = self.pattern.fullmatch(text)
        return self.zh.format(**found.groupdict()) if found else None


@cache
def phrasebook() -> tuple[Phrase, ...]:
    return tuple(Phrase(_pattern(english), chinese) for english, chinese in read("phrases").items())


def told(refusal: Refusal, words: Wording) -> Trouble:
    """A refusal for a person. Where the phrasebook lacks a sentence, its original stays beside a general one."""
    problem = from_violation(refusal) if isinstance(refusal, Violation) else refusal
    name = field_name(problem.field)
    said, mend = _said(problem.detail, words), _said(problem.mend, words)
    return Trouble(
        text=said
        or words(f"problem.{problem.slug}" if f"problem.{problem.slug}" in words else "problem.internal"),
        field=name,
        label=words.table.get(f"field.{name}"),
        mend=mend,
        original=None if said else problem.detail,
    )


def told_row(message: str, mend: str, words: Wording) -> Trouble:
    """The mistake of one row of a delivery."""
    said = _said(message, words)
    return Trouble(
        text=said or words("problem.row"), mend=_said(mend, words), original=None if said else message
    )


def back(posted: Posted, refusal: Refusal, words: Wording) -> Form:
    """The form that was refused, with the reason at its field. Whoever is not signed in is sent to sign in instead."""
    if isinstance(refusal, Unauthenticated):
        raise refusal
    return returned(posted, [told(refusal, words)], new=isinstance(refusal, KeyReused))


def status_of(refusal: Refusal) -> int:
    return 422 if isinstance(refusal, Violation) else refusal.status


def field_name(pointer: str | None) -> str | None:
    """The name that a form gives a field: `/terms/amount_fen` is amount."""
    if not pointer:
        return None
    named: Sequence[str] = [part for part in re.split(r"[/.]", pointer) if part and not part.isdigit()]
    return _UNITS.sub("", named[-1]) if named else None


def said(text: str, words: Wording) -> str:
    """A sentence that a service left behind, in the language of the page where the phrasebook has it."""
    return _said(text, words) or text


def _said(text: str | None, words: Wording) -> str | None:
    """Chinese by the phrasebook; English as it came."""
    if text is None or words.language == "en":
        return text
    return next((said for phrase in phrasebook() if (said := phrase.translate(text))), None)


def _pattern(english: str) -> re.Pattern[str]:
    return re.compile(_PLACE.sub(r"(?P<\1>.+?)", re.escape(english)), re.DOTALL)
