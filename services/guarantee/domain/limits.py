"""The limits of the chain: what each allows, and what a guarantee takes of each.

A limit is one row with a key, what it allows and what is held; a hold is what one guarantee takes of it. All red
lines have this one form, so that a reservation is a comparison of rows.

| rule | key | counts |
|---|---|---|
| PROGRAMME_QUOTA | `programme/<programme>/<year>` | loan principal of new business; repayment does not restore it |
| PROVINCIAL_LINE | `province/<year>` | the same, of programmes in which the national fund bears a share |
| CREDIT_LINE | `admission/<guarantor>` | loan principal in which the re-guarantor bears a share |
| LEVERAGE | `guarantor/<guarantor>/liability` | weighted liability |
| CONCENTRATION | `guarantor/<guarantor>/borrower/<party>` | weighted liability; its holds are unweighted |
| GROUP | `guarantor/<guarantor>/group/<group>` | weighted liability of related parties |
| BORROWER_LIMIT | `borrower/<party>/<scheme>`, `group/<group>/<scheme>` | loan principal, across all banks |
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.finance.split import Share
from services.guarantee.domain import exposure as exposures
from services.guarantee.domain.admission import Admission, AdmissionStatus
from services.guarantee.domain.exposure import Borrower, Usage
from services.guarantee.domain.figures import FigureSource
from services.guarantee.domain.guarantor import (
    Guarantor,
    concentration_limit,
    group_limit,
    leverage_figure,
    liability_limit,
)
from services.guarantee.domain.programme import Programme, Rulebook, Status
from services.guarantee.domain.red_lines import RedLines
from services.guarantee.domain.terms import NATIONAL, PROVINCIAL, BorrowerScope


class Rule(StrEnum):
    PROGRAMME_QUOTA = "PROGRAMME_QUOTA"
    PROVINCIAL_LINE = "PROVINCIAL_LINE"
    CREDIT_LINE = "CREDIT_LINE"
    LEVERAGE = "LEVERAGE"
    CONCENTRATION = "CONCENTRATION"
    GROUP = "GROUP"
    BORROWER_LIMIT = "BORROWER_LIMIT"


ANNUAL = (Rule.PROGRAMME_QUOTA, Rule.PROVINCIAL_LINE)
# What nobody but the firm's own side and those who watch over guarantors may read off.
PERSONAL = (Rule.LEVERAGE, Rule.CONCENTRATION, Rule.GROUP, Rule.BORROWER_LIMIT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit(Shape):
    """`owner`: whose figure sets it (a programme and year, a guarantor, a scheme), to find the rows when it changes."""

    key: str
    rule: Rule
    owner: str
    limit_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Need(Shape):
    """What a guarantee would take of a limit, and where the limit is written."""

    limit: Limit
    amount_fen: int
    source: FigureSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold(Shape):
    """What one guarantee takes of one limit; unweighted under a borrower's concentration."""

    key: str
    rule: Rule
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """One way to cover a loan: a programme with a local guarantor, by the rules of a day.

    `admission`: the re-guarantor's decision on the guarantor, if any. `tiers`: the parties of the shares for which an
    organisation is registered and active.
    """

    programme: Programme
    guarantor: Guarantor
    lines: RedLines
    day: date
    admission: Admission | None = None
    tiers: tuple[str, ...] = ()


def needs(chain: Chain, borrower: Borrower, amount_fen: int) -> tuple[Need, ...]:
    """What a loan of a firm would take of every limit, in the order of their keys: the order of locking."""
    found = (*_of_principal(chain, borrower, amount_fen), *_of_liability(chain, borrower, amount_fen))
    return tuple(sorted(found, key=lambda need: need.limit.key))


def _of_principal(chain: Chain, borrower: Borrower, amount_fen: int) -> list[Need]:
    programme, lines = chain.programme, chain.lines
    scope = programme.borrower_scope
    groups = borrower.groups if scope is BorrowerScope.GROUP else ()
    keys = (
        borrower_key(borrower.party, programme.scheme),
        *(joint_key(group, programme.scheme) for group in groups),
    )
    source = programme.source_of("borrower_limit_fen")
    found = [_need(borrower_limit(programme, key), amount_fen, source) for key in keys]
    found.append(_need(quota(programme, chain.day), amount_fen, programme.source_of("annual_quota_fen")))
    if programme.share_bp(NATIONAL):
        line = provincial_line(lines, chain.day)
        found.append(_need(line, amount_fen, lines.source_of("provincial_line_fen")))
    if programme.share_bp(PROVINCIAL) and chain.admission is not None:
        found.append(_need(credit_line(chain.admission), amount_fen, line_source(chain.admission)))
    return found


def _of_liability(chain: Chain, borrower: Borrower, amount_fen: int) -> list[Need]:
    """What counts of the borrower's whole balance with the loan, above what counts of it without."""
    guarantor, lines = chain.guarantor, chain.lines
    liability_fen = exposures.liability(amount_fen, chain.programme.shares, lines)
    before = exposures.weigh(borrower.exposure, lines)
    after = exposures.weigh(borrower.with_more(liability_fen), lines)
    more_fen = after.held_fen - before.held_fen
    together = lines.source_of("group_concentration_bp")
    return [
        _need(concentration(guarantor, borrower.party, lines), more_fen, lines.source_of("concentration_bp")),
        _need(leverage(guarantor, lines), more_fen, lines.source_of(leverage_figure(guarantor))),
        *(_need(related(guarantor, group, lines), more_fen, together) for group in borrower.groups),
    ]


def borrower_key(party: str, scheme: str) -> str:
    return f"borrower/{party}/{scheme}"


def joint_key(group: str, scheme: str) -> str:
    """What related parties have borrowed under a scheme together."""
    return f"group/{group}/{scheme}"


def scheme_of(key: str) -> str:
    """The scheme at the end of the key of a limit for borrowers."""
    return key.rpartition("/")[2]


def quota_key(programme_id: str, year: int) -> str:
    return f"programme/{programme_id}/{year}"


def province_key(year: int) -> str:
    return f"province/{year}"


def admission_key(guarantor_id: str) -> str:
    return f"admission/{guarantor_id}"


def concentration_key(guarantor_id: str, party: str) -> str:
    return f"guarantor/{guarantor_id}/borrower/{party}"


def leverage_key(guarantor_id: str) -> str:
    return f"guarantor/{guarantor_id}/liability"


def group_key(guarantor_id: str, group: str) -> str:
    return f"guarantor/{guarantor_id}/group/{group}"


def borrower_limit(programme: Programme, key: str) -> Limit:
    limit_fen = programme.borrower_limit_fen
    return Limit(key=key, rule=Rule.BORROWER_LIMIT, owner=programme.scheme, limit_fen=limit_fen)


def concentration(guarantor: Guarantor, party: str, lines: RedLines) -> Limit:
    return Limit(
        key=concentration_key(guarantor.id, party),
        rule=Rule.CONCENTRATION,
        owner=guarantor.id,
        limit_fen=concentration_limit(guarantor, lines),
    )


def related(guarantor: Guarantor, group: str, lines: RedLines) -> Limit:
    return Limit(
        key=group_key(guarantor.id, group),
        rule=Rule.GROUP,
        owner=guarantor.id,
        limit_fen=group_limit(guarantor, lines),
    )


def leverage(guarantor: Guarantor, lines: RedLines) -> Limit:
    return Limit(
        key=leverage_key(guarantor.id),
        rule=Rule.LEVERAGE,
        owner=guarantor.id,
        limit_fen=liability_limit(guarantor, lines),
    )


def quota(programme: Programme, day: date) -> Limit:
    return Limit(
        key=quota_key(programme.id, day.year),
        rule=Rule.PROGRAMME_QUOTA,
        owner=f"{programme.id}/{day.year}",
        limit_fen=programme.annual_quota_fen,
    )


def provincial_line(lines: RedLines, day: date) -> Limit:
    return Limit(
        key=province_key(day.year),
        rule=Rule.PROVINCIAL_LINE,
        owner=str(day.year),
        limit_fen=lines.provincial_line_fen,
    )


def credit_line(admission: Admission) -> Limit:
    return Limit(
        key=admission_key(admission.guarantor),
        rule=Rule.CREDIT_LINE,
        owner=admission.guarantor,
        limit_fen=admission.credit_line_fen,
    )


def line_source(admission: Admission) -> FigureSource:
    return FigureSource(
        figure="credit_line_fen",
        parameter="admission.credit_line_fen",
        effective=admission.decided_on,
        source="再担保机构准入名单与授信",
        confidence="sourced",
    )


def standing(
    rulebook: Rulebook, guarantors: Sequence[Guarantor], admissions: Sequence[Admission], day: date
) -> dict[tuple[Rule, str], int]:
    """What each owner's rows allow by the figures of a day, to bring rows up to date when a figure changed."""
    lines = rulebook.red_lines_on(day)
    programmes = [one for one in rulebook.programmes_on(day) if one.status is Status.ACTIVE]
    limits = [provincial_line(lines, day), *(quota(one, day) for one in programmes)]
    limits += [leverage(one, lines) for one in guarantors]
    limits += [credit_line(one) for one in admissions]
    return (
        {(limit.rule, limit.owner): limit.limit_fen for limit in limits}
        | {(Rule.CONCENTRATION, one.id): concentration_limit(one, lines) for one in guarantors}
        | {(Rule.GROUP, one.id): group_limit(one, lines) for one in guarantors}
        | {(Rule.BORROWER_LIMIT, one.scheme): one.borrower_limit_fen for one in programmes}
    )


def hold_of(need: Need, liability_fen: int) -> Hold | None:
    """What a guarantee itself holds; liability it holds once, unweighted, under the borrower's concentration."""
    rule = need.limit.rule
    if rule in (Rule.LEVERAGE, Rule.GROUP) or need.limit.key.startswith("group/"):
        return None
    amount_fen = liability_fen if rule is Rule.CONCENTRATION else need.amount_fen
    return Hold(key=need.limit.key, rule=rule, amount_fen=amount_fen) if amount_fen else None


def hold_after(
    hold: Hold, amount_fen: int, shares: Sequence[Share], lines: RedLines, *, annual: bool
) -> Hold:
    """The hold once the guarantee stands for so much of loan principal; never more than it was.

    A year's new business stays new business when a loan is repaid; it shrinks (`annual`) where less was drawn.
    """
    if hold.rule in ANNUAL and not annual:
        return hold
    in_liability = hold.rule is Rule.CONCENTRATION
    count_fen = exposures.liability(amount_fen, shares, lines) if in_liability else amount_fen
    return replace(hold, amount_fen=min(hold.amount_fen, count_fen))


def takes_part(chain: Chain, party: str) -> bool:
    """Whether a tier above does: it is registered, and the re-guarantor has admitted the guarantor."""
    admitted = chain.admission is not None and chain.admission.status is AdmissionStatus.ADMITTED
    return party in chain.tiers and (party != PROVINCIAL or admitted)


def left(limit: Limit, used: Mapping[str, Usage]) -> int:
    return limit.limit_fen - used.get(limit.key, Usage()).held_fen


def _need(limit: Limit, amount_fen: int, source: FigureSource) -> Need:
    return Need(limit=limit, amount_fen=amount_fen, source=source)
