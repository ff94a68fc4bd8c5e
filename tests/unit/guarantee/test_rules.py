"""Programmes from the policies as dated versions, and what the state topics say of them and of headroom."""

from dataclasses import fields, replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from libs import policy
from libs.chassis import codec
from libs.chassis.database import Database
from libs.chassis.problems import Conflict
from libs.criteria.violation import Violation
from libs.eventing import topics
from rongqiao.guarantee.v1 import guarantee_pb2 as pb
from services.guarantee import jobs
from services.guarantee.domain.programme import Programme, Rulebook, Status
from services.guarantee.domain.red_lines import RedLines
from services.guarantee.operations import guarantors, quotes, rules
from services.guarantee.operations.rulebook import read
from tests.support.services import emitted
from tests.unit.guarantee.chain import (
    HELAN,
    LENDING,
    MILLION,
    OPERATOR,
    TODAY,
    YUAN,
    house_rules,
    proposal,
    reserve,
    wish,
    with_figures,
)

PROGRAMMES = [
    "batch",
    "model_4321",
    "ordinary",
    "private_investment",
    "private_investment_long",
    "risk_pool",
    "technology_30",
    "technology_35",
    "technology_40",
]


def programmes_said(database: Database) -> list[pb.Programme]:
    found = [event for event in emitted(database) if event.topic == topics.GUARANTEE_PROGRAMME.name]
    return [event.decode(pb.Programme) for event in found]


def headroom_said(database: Database) -> list[pb.Headroom]:
    found = [event for event in emitted(database) if event.topic == topics.GUARANTEE_HEADROOM.name]
    return [event.decode(pb.Headroom) for event in found]


def overlaid(folder: Path, text: str) -> Rulebook:
    (folder / "overlay.yaml").write_text(text, encoding="utf-8")
    return read(policy.load(overlays=[folder]))


def record(parameter: str, unit: str, value: str, effective: str) -> str:
    return (
        f"- id: {parameter}\n  description: d\n  unit: {unit}\n  values:\n    - value: {value}\n"
        f"      effective: {effective}\n      recorded: 2026-11-23\n"
        "      source: {document: 省级再担保机构通知, paragraph: 一}\n      confidence: sourced\n"
    )


def test_the_house_has_nine_programmes_two_of_them_models_that_wait() -> None:
    found = {one.id: one for one in house_rules().programmes_on(TODAY)}

    assert sorted(found) == PROGRAMMES
    waiting = {name for name, one in found.items() if one.status is Status.SUSPENDED}
    assert waiting == {"model_4321", "risk_pool"}
    assert [share.bp for share in found["ordinary"].shares] == [2000, 2000, 2000, 4000]
    assert [share.party for share in found["technology_40"].shares] == [
        "bank",
        "national",
        "provincial",
        "local",
    ]
    assert {found[name].scheme for name in ("technology_30", "technology_35", "technology_40")} == {
        "technology"
    }
    assert found["batch"].batch and not found["ordinary"].batch


def test_every_figure_of_a_programme_tells_its_source() -> None:
    named = {"id", "scheme", "name", "effective", "status", "batch", "source", "sources"}
    in_records = {"sizes", "owner_kinds", "labels", "labels_excluded"}
    figures = {one.name for one in fields(Programme)} - named - in_records

    for programme in house_rules().programmes_on(TODAY):
        assert figures <= {one.figure for one in programme.sources}
        assert all(one.source and one.confidence for one in programme.sources)


def test_every_figure_of_the_red_lines_tells_its_source() -> None:
    lines = house_rules().red_lines_on(TODAY)

    assert {one.name for one in fields(RedLines)} - {"effective", "sources"} == {
        one.figure for one in lines.sources
    }


def test_a_figure_that_changes_makes_a_new_version_from_its_day(tmp_path: Path) -> None:
    changed = overlaid(tmp_path, record("guarantee.ordinary.fee_rate_ppm", "ppm", "8_000", "2027-01-01"))

    before, after = changed.programme("ordinary", TODAY), changed.programme("ordinary", date(2027, 1, 1))

    assert (before.fee_rate_ppm, after.fee_rate_ppm) == (10_000, 8_000)
    assert (after.effective, after.source_of("fee_rate_ppm").source) == (
        date(2027, 1, 1),
        "省级再担保机构通知：一",
    )


def test_a_programme_that_ends_is_withdrawn_from_its_day(tmp_path: Path) -> None:
    ended = overlaid(tmp_path, record("guarantee.programme.batch", "record", "null", "2027-01-01"))

    statuses = {one.id: one.status for one in ended.programmes_on(date(2027, 1, 1))}

    assert (statuses["batch"], statuses["ordinary"]) == (Status.WITHDRAWN, Status.ACTIVE)
    assert ended.programme("batch", date(2026, 12, 31)).status is Status.ACTIVE


def test_a_rulebook_comes_back_from_its_stored_form_as_it_was() -> None:
    rulebook = house_rules()

    assert codec.from_json(Rulebook, codec.to_json(rulebook)) == rulebook


def test_programmes_are_said_once_and_again_only_when_they_change(database: Database) -> None:
    jobs.publish_programmes(database, house_rules())
    jobs.publish_programmes(database, house_rules())
    cheaper = with_figures(replace(house_rules(), policy_set="pol_2"), "batch", fee_rate_ppm=5_000)
    jobs.publish_programmes(database, cheaper)

    said = programmes_said(database)

    assert sorted(one.id for one in said[: len(PROGRAMMES)]) == PROGRAMMES
    assert [(one.id, one.fee_rate_ppm) for one in said[len(PROGRAMMES) :]] == [("batch", 5_000)]


def test_a_programme_that_the_rules_no_longer_know_is_said_to_be_withdrawn(database: Database) -> None:
    rulebook = house_rules()
    without = tuple(one for one in rulebook.programmes if one.id != "batch")

    jobs.publish_programmes(database, replace(rulebook, policy_set="pol_2", programmes=without))
    last = programmes_said(database)[-1]

    assert (last.id, last.status, last.name) == ("batch", pb.STATUS_WITHDRAWN, "总对总批量担保业务")


def test_a_version_that_begins_today_is_said_today(database: Database, tmp_path: Path) -> None:
    coming = overlaid(tmp_path, record("guarantee.ordinary.fee_rate_ppm", "ppm", "8_000", "2026-11-24"))
    jobs.publish_programmes(database, coming)
    said_today = len(programmes_said(database))

    database.clock.instant += timedelta(days=2)  # type: ignore[attr-defined]
    jobs.publish_programmes(database, coming)

    assert [one.fee_rate_ppm for one in programmes_said(database)[said_today:]] == [8_000]


def test_a_suspended_model_is_listed_but_neither_quoted_nor_given_room(database: Database) -> None:
    jobs.publish_headroom(database)

    with database.read() as tx:
        listed = {one.id: one.status for one in rules.list_programmes(tx, OPERATOR).items}
        quoted = {one.programme for one in quotes.quote(tx, LENDING, proposal()).structures}

    active = {name for name in PROGRAMMES if name not in ("model_4321", "risk_pool")}
    assert (listed["model_4321"], listed["risk_pool"]) == (Status.SUSPENDED, Status.SUSPENDED)
    assert quoted == active
    assert all(set(rooms_of(one)) == active for one in headroom_said(database))


def test_a_reservation_under_a_suspended_model_is_refused_with_its_source(database: Database) -> None:
    with pytest.raises(Violation, match="suspended") as caught:
        reserve(database, wish(programme="model_4321"))

    assert (caught.value.field, bool(caught.value.source)) == ("programme", True)


def test_headroom_is_said_where_a_reservation_changed_it_and_only_once(database: Database) -> None:
    jobs.publish_headroom(database)
    before = {one.guarantor: rooms_of(one)["ordinary"] for one in headroom_said(database)}

    reserve(database, wish())
    jobs.publish_headroom(database)
    jobs.publish_headroom(database)

    after = {one.guarantor: rooms_of(one)["ordinary"] for one in headroom_said(database)[2:]}
    assert before == {
        "org_helan": 1_250 * MILLION,
        "org_yinchuan": 5_000 * MILLION,
    }  # leverage binds, and the quota
    assert after == {
        "org_helan": 1_247 * MILLION
        + 750_000 * YUAN,  # a small firm's liability of 2.4 million counts as 1.8
        "org_yinchuan": 4_997 * MILLION,
    }
    assert len(headroom_said(database)) == 4
    assert headroom_said(database)[0].borrower_limit_fen == 10 * MILLION


def test_a_quota_that_shrinks_shows_at_every_guarantor(database: Database) -> None:
    tight = with_figures(replace(house_rules(), policy_set="pol_2"), "batch", annual_quota_fen=5 * MILLION)
    jobs.publish_programmes(database, tight)
    jobs.publish_headroom(database)

    reserve(database, wish(programme="batch"))
    jobs.publish_headroom(database)

    rooms = {one.guarantor: rooms_of(one)["batch"] for one in headroom_said(database)}
    assert rooms == {"org_helan": 2 * MILLION, "org_yinchuan": 2 * MILLION}


def test_headroom_tells_what_really_fits(database: Database) -> None:
    narrow = replace(HELAN, opening_liability_fen=994_000_000_01)  # less than six million of leverage is left
    database.transact(lambda tx: guarantors.put_guarantor(tx, OPERATOR, narrow.id, narrow))
    with database.read() as tx:
        room_fen = rooms_of(guarantors.get_headroom(tx, OPERATOR, narrow.id))["ordinary"]

    with pytest.raises(Conflict, match="leverage_multiple"):
        reserve(database, wish("app_1", room_fen + 2))
    fits = reserve(database, wish("app_2", room_fen))

    assert (room_fen, fits.amount_fen) == (749_999_998, 749_999_998)


def rooms_of(headroom: object) -> dict[str, int]:
    return {room.programme: room.room_fen for room in headroom.programmes}  # type: ignore[attr-defined]
