"""Changes to a firm and its request, as values: applied, taken apart, compared."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from libs.finance.daycount import add_months
from services.matching.domain.answer import MatchRequest
from services.matching.domain.changes.effort import AGE
from services.matching.domain.firm import Firm, IpRight


@dataclass(frozen=True, slots=True)
class Situation:
    """Who asks for what on which day."""

    firm: Firm
    request: MatchRequest
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """New values of what changes: facts in their order, in integer form; a right that comes to those of the firm."""

    facts: tuple[tuple[str, int], ...] = ()
    amount_fen: int | None = None
    term_months: int | None = None
    right: IpRight | None = None

    @property
    def parts(self) -> "tuple[Moves, ...]":
        """Each change by itself."""
        alone = [Moves(facts=(fact,)) for fact in self.facts]
        if self.amount_fen is not None:
            alone.append(Moves(amount_fen=self.amount_fen))
        if self.term_months is not None:
            alone.append(Moves(term_months=self.term_months))
        if self.right is not None:
            alone.append(Moves(right=self.right))
        return tuple(alone)

    def sizes(self, asked: Situation) -> Mapping[str, int]:
        """How far each change goes, by its name; a pledge goes as far as amount and term make it: nothing."""
        held = asked.firm.facts
        found = {fact: abs(value - held.get(fact, value)) for fact, value in self.facts}
        if self.amount_fen is not None:
            found["AMOUNT"] = abs(self.amount_fen - asked.request.amount_fen)
        if self.term_months is not None:
            found["TERM"] = abs(self.term_months - asked.request.term_months)
        if self.right is not None:
            found["PLEDGE"] = 0
        return found


def joined(parts: Iterable[Moves]) -> Moves:
    """Several changes as one; of one thing the last counts."""
    facts, amount, term, right = dict[str, int](), None, None, None
    for part in parts:
        facts |= dict(part.facts)
        amount = amount if part.amount_fen is None else part.amount_fen
        term = term if part.term_months is None else part.term_months
        right = right if part.right is None else part.right
    return Moves(facts=tuple(sorted(facts.items())), amount_fen=amount, term_months=term, right=right)


def moved(asked: Situation, moves: Moves) -> Situation:
    """The firm and its request as they would be; who grows older asks on a later day."""
    firm, request = asked.firm, asked.request
    facts = {**firm.facts, **dict(moves.facts)}
    rights = firm.rights if moves.right is None else (*firm.rights, moves.right)
    wanted = replace(
        request,
        amount_fen=request.amount_fen if moves.amount_fen is None else moves.amount_fen,
        term_months=request.term_months if moves.term_months is None else moves.term_months,
    )
    return Situation(replace(firm, facts=facts, rights=rights), wanted, later(asked, moves.facts))


def later(asked: Situation, facts: Iterable[tuple[str, int]]) -> date:
    """The day on which the firm is as old as that: whole months from today, which is never too early."""
    age = dict(facts).get(AGE)
    return (
        asked.today if age is None else add_months(asked.today, max(0, age - asked.firm.facts.get(AGE, age)))
    )
