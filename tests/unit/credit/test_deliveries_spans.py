"""Outcomes kept as spans: nothing is lost, and a million good rows are one."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from services.credit.domain.bulk import RowOutcome, RowState
from services.credit.domain.spans import Span, joined, rows_of, spans_of

kinds = st.sampled_from([("RECORDED", None), ("KNOWN", None), ("REJECTED", "net_fen"), ("REJECTED", "party")])


def outcomes(said: list[tuple[str, str | None]], first: int = 1) -> list[RowOutcome]:
    return [
        RowOutcome(row=row, state=RowState(state), field=field)
        for row, (state, field) in enumerate(said, first)
    ]


def kept(chunks: list[list[RowOutcome]]) -> list[Span]:
    """As the store keeps them, chunk after chunk."""
    spans: list[Span] = []
    for chunk in chunks:
        longer, new = joined(spans[-1] if spans else None, spans_of(chunk))
        if longer is not None:
            spans[-1] = longer
        spans += new
    return spans


@given(st.lists(kinds, max_size=60), st.integers(1, 20))
def test_every_row_comes_out_as_it_went_in_however_the_rows_are_cut_into_chunks(
    said: list[tuple[str, str | None]], size: int
) -> None:
    rows = outcomes(said)
    spans = kept([rows[at : at + size] for at in range(0, len(rows), size)])

    assert list(rows_of(spans)) == rows
    assert spans == spans_of(rows)
    assert not any(one.goes_on_with(other) for one, other in itertools.pairwise(spans))


def test_a_million_good_rows_are_one_span() -> None:
    chunk = 50_000
    good = [outcomes([("RECORDED", None)] * chunk, first=1 + at * chunk) for at in range(20)]

    assert kept(good) == [Span(from_row=1, to_row=1_000_000, state=RowState.RECORDED)]
