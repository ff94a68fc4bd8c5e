"""Changes in words: what is to be reached. Where the firm stands now is beside them, for who may know it."""

from dataclasses import replace
from datetime import date

from libs.criteria.vocabulary import Kind, Words, decode, fact_type
from libs.criteria.wording import value_words
from libs.finance.money import yuan_text
from libs.registry.loan_terms import IpRightKind
from services.matching.domain.changes.counterfactual import Change, ChangeKind, Way
from services.matching.domain.changes.effort import AGE
from services.matching.domain.changes.moves import Moves, Situation, moved

SCORE = "score"

_RIGHTS = {
    IpRightKind.INVENTION: Words("发明专利", "invention patents"),
    IpRightKind.UTILITY_MODEL: Words("实用新型专利", "utility models"),
    IpRightKind.DESIGN: Words("外观设计专利", "designs"),
    IpRightKind.TRADEMARK: Words("商标", "trademarks"),
    IpRightKind.COPYRIGHT: Words("著作权", "copyrights"),
}


def changes_of(moves: Moves, asked: Situation) -> tuple[Change, ...]:
    """Each change of a way: facts in their order, then the request, then the pledge."""
    then = moved(asked, moves)
    told = [_of_fact(fact, asked.firm.facts[fact], value, then.today) for fact, value in moves.facts]
    if moves.amount_fen is not None:
        told.append(_of_amount(asked.request.amount_fen, moves.amount_fen))
    if moves.term_months is not None:
        told.append(_of_term(asked.request.term_months, moves.term_months))
    if moves.right is not None:
        told.append(_of_right(moves.right.kind, moves.right.appraised_fen or 0, moves.right.expires_on))
    return tuple(told)


def _of_fact(fact: str, held: int, value: int, on: date) -> Change:
    waiting = fact == AGE
    kind = ChangeKind.WAIT if waiting else ChangeKind.SCORE if fact == SCORE else ChangeKind.FACT
    words = _waiting(value) if waiting else _fact_words(fact, held, value)
    return Change(
        kind=kind,
        fact=fact,
        now=decode(fact, held),
        then=decode(fact, value),
        on=on if waiting else None,
        text=words.zh,
        text_en=words.en,
    )


def _waiting(months: int) -> Words:
    return Words(
        f"等到企业成立满{months}个月",
        f"wait until the firm is {months} months old",
    )


def _fact_words(fact: str, held: int, value: int) -> Words:
    kind = fact_type(fact)
    then = value_words(fact, decode(fact, value))
    if kind.kind is not Kind.INTEGER:
        return Words(
            f"{kind.label.zh}变为“{then.zh}”",
            f"{kind.label.en}: {then.en}",
        )
    zh, en = ("提高到至少", "raised to at least") if value > held else ("降低到至多", "lowered to at most")
    hint = _HINT if fact == SCORE else Words("", "")
    return Words(
        f"{kind.label.zh}{zh}{then.zh}{hint.zh}",
        f"{kind.label.en} {en} {then.en}{hint.en}",
    )


_HINT = Words("，做法见信用评分的改进建议", "; the advice of the credit score says how")


def _of_amount(asked_fen: int, fen: int) -> Change:
    zh, en = ("增加到至少", "at least") if fen > asked_fen else ("减少到至多", "at most")
    then = yuan_text(fen)
    return Change(
        kind=ChangeKind.AMOUNT,
        now=str(asked_fen),
        then=str(fen),
        text=f"申请金额{zh}{then}元",
        text_en=f"ask for {en} CNY {then}",
    )


def _of_term(asked: int, months: int) -> Change:
    zh, en = ("延长到至少", "at least") if months > asked else ("缩短到至多", "at most")
    return Change(
        kind=ChangeKind.TERM,
        now=str(asked),
        then=str(months),
        text=f"申请期限{zh}{months}个月",
        text_en=f"ask for a term of {en} {months} months",
    )


def _of_right(kind: IpRightKind, value_fen: int, until: date) -> Change:
    words, worth = _RIGHTS[kind], yuan_text(value_fen)
    return Change(
        kind=ChangeKind.PLEDGE,
        then=str(value_fen),
        right=kind,
        on=until,
        text=f"另有未质押的{words.zh}，评估价值至少{worth}元，有效期至少到{until.isoformat()}",
        text_en=f"more unencumbered {words.en}, worth CNY {worth} or more, in force to {until.isoformat()} or beyond",
    )


def without_value(way: Way) -> Way:
    """For who may not know what the firm has: what is to be reached, not from where, nor the effort that tells it."""
    return replace(way, effort_days=0, changes=tuple(_unvalued(one) for one in way.changes))


def _unvalued(change: Change) -> Change:
    if change.kind is ChangeKind.PLEDGE and change.right is not None:
        words = _RIGHTS[change.right]
        return replace(
            change, then="", text=f"另有未质押的{words.zh}", text_en=f"more unencumbered {words.en}"
        )
    return replace(change, now="", on=None)
