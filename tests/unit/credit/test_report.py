"""The credit report: who gets it, what stands in it, that it is logged, kept sealed and can be confirmed."""

import json
from collections.abc import Iterator
from datetime import date
from functools import partial
from hashlib import sha256

import pytest
import sqlalchemy as sa

from libs.chassis import codec
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Forbidden, Invalid
from libs.chassis.rpc import invoke
from rongqiao.credit.v1 import credit_pb2 as credit
from rongqiao.credit.v1 import reports_pb2 as pb
from rongqiao.credit.v1 import reports_pb2_grpc
from rongqiao.identity.v1 import identity_pb2 as identity
from services.credit.domain.dispute import NewDispute, Verdict
from services.credit.domain.gate import BasisKind, NewLegalBasis
from services.credit.domain.invoices import NewInvoices
from services.credit.domain.mandates import NewMandate
from services.credit.domain.records import NewRecord, NewRecords, RecordKind, Severity
from services.credit.domain.relations import NewRelations
from services.credit.domain.risk_class import ClassDelivery, ClassRow, RiskClass
from services.credit.domain.sources import Source
from services.credit.operations import (
    disputes,
    gate,
    invoices,
    mandates,
    readers,
    records,
    relations,
    risk_classes,
)
from services.credit.rpc.reports import ReportsServicer
from services.credit.store.reports import reader_name, reports
from tests.support.rpc import door_of, serving, token_of
from tests.support.services import Client
from tests.unit.credit.doors import client
from tests.unit.credit.world import BANK, FIRM, NAME, OFFICER, OPERATOR, OTHER, SIGNER, World, fact, sale
from tests.unit.credit.world import firm as firm_of

PATH = f"/v1/parties/{FIRM}/report"
BANK_NAME = "黄河青岚银行"


@pytest.fixture
def firm(small_world: World) -> Client:
    return known_firm(small_world)


@pytest.fixture
def bank(small_world: World) -> Client:
    return known_bank(small_world)


def known_firm(world: World) -> Client:
    """A firm of which something is known in several groups."""
    world.put()
    world.say(
        fact("tax_grade", "A", source=Source.TAX),
        fact("employees", "35", source=Source.SELF_DECLARED),
        fact("revenue_year_fen", "1200000000", source=Source.SELF_DECLARED),
        fact("past_due_now", "false", source=Source.CREDIT_BUREAU),
        fact("high_tech", "true", source=Source.TECHNOLOGY),
    )
    told = (sale("1", "2026-09-03", 500_000_000), sale("2", "2026-10-08", 700_000_000))
    world.write(invoices.add_invoices, OPERATOR, FIRM, NewInvoices(invoices=told))
    return client(world, Role.SME, FIRM)


def known_bank(world: World) -> Client:
    name = identity.Organisation(id=BANK, kind=identity.ORGANISATION_KIND_BANK, name=BANK_NAME)
    world.database.transact(lambda tx: readers.follow_organisation(tx, name))
    return client(world, Role.BANK_OFFICER, BANK)


def firm_itself() -> Principal:
    return firm_of(FIRM)


def data(of: Client) -> dict:
    answer = of.get(PATH, format="json")
    assert answer.status_code == 200, answer.text
    return answer.json()["report"]


def opened(report: dict) -> set[str]:
    return {group["scope"] for group in report["groups"] if group["state"] == "KNOWN"}


def open_gate(world: World) -> None:
    basis = NewLegalBasis(
        document="关于授权融桥平台提供企业信用信息服务的函",
        number="宁金管函〔2026〕1号",
        valid_from=date(2026, 1, 1),
        valid_until=date(2027, 12, 31),
    )
    world.write(gate.put_basis, OPERATOR, BasisKind.GOVERNMENT_MANDATE, basis)


def test_the_firm_always_gets_its_report_with_all_that_is_known(small_world: World, firm: Client) -> None:
    report = data(firm)

    assert (report["own"], report["reader_name"], report["identity"]["name"]) == (True, NAME, NAME)
    assert {"public", "tax", "invoices", "credit_record", "statements"} <= opened(report)
    assert report["identity"]["size"] == "SMALL"
    values = {bound["indicator"]: bound["value"] for bound in report["identity"]["size_bounds"]}
    assert values == {"EMPLOYEES": 35, "REVENUE": 1_200_000_000}
    assert [month["month"] for month in report["months"]] == ["2026-09", "2026-10"]
    assert report["months"][1] == {"month": "2026-10", "sales_fen": 700_000_000, "purchases_fen": None}
    assert report["score"]["state"] == "SHOWN"
    assert report["score"]["score"]["improvements"]


def test_a_bank_without_a_consent_gets_no_report_and_nothing_is_kept(
    small_world: World, firm: Client, bank: Client
) -> None:
    refused = bank.get(PATH)

    assert refused.status_code == 403
    assert "NOT_AUTHORISED" in refused.json()["detail"]
    assert kept(small_world) == []


def test_a_bank_reads_what_is_opened_and_of_the_rest_that_it_is_not_authorised(
    small_world: World, firm: Client, bank: Client
) -> None:
    consent = small_world.grant("tax")

    report = data(bank)

    assert opened(report) == {"public", "tax"}
    shut = {group["scope"]: group for group in report["groups"] if group["state"] == "NOT_AUTHORISED"}
    assert {"invoices", "credit_record", "statements"} <= set(shut)
    assert all(group["items"] == [] for group in shut.values())
    assert report["months"] == []
    assert report["records"]["not_authorised"] == ["CREDIT_LINE", "LOAN", "PAST_DUE"]
    assert [bound["value"] for bound in report["identity"]["size_bounds"]] == [None, None]
    assert (report["reader"], report["reader_name"], report["own"]) == (BANK, BANK_NAME, False)
    assert [one["id"] for one in report["consents"]] == [consent.id]
    assert report["reads"] == []
    assert SIGNER not in json.dumps(report, ensure_ascii=False)


def test_the_next_report_after_a_revocation_is_refused(
    small_world: World, firm: Client, bank: Client
) -> None:
    consent = small_world.grant("tax")
    assert bank.get(PATH).status_code == 200

    small_world.revoke(consent)

    assert bank.get(PATH).status_code == 403


@pytest.mark.parametrize(
    ("scopes", "gate_open", "state"),
    [
        (("tax",), True, "NO_CONSENT"),
        (("tax", "score"), False, "NO_LEGAL_BASIS"),
        (("tax", "score"), True, "SHOWN"),
    ],
)
def test_a_bank_sees_the_score_only_with_a_consent_and_a_legal_basis(
    small_world: World, firm: Client, bank: Client, scopes: tuple[str, ...], gate_open: bool, state: str
) -> None:
    small_world.grant(*scopes)
    if gate_open:
        open_gate(small_world)

    score = data(bank)["score"]

    assert score["state"] == state
    assert (score["score"] is not None) == (state == "SHOWN")
    if score["score"]:
        assert (score["score"]["improvements"], score["score"]["late_payment"]) == ([], None)


def test_every_report_of_a_bank_is_logged_with_its_consents_and_shown_to_the_firm(
    small_world: World, firm: Client, bank: Client
) -> None:
    consent = small_world.grant("tax")
    for form in ("json", "html"):
        assert bank.get(PATH, format=form).status_code == 200

    reads = firm.get(f"/v1/parties/{FIRM}/reads").json()["items"]

    assert [(read["what"], read["reader"], read["consents"]) for read in reads] == [
        ("REPORT", BANK, [consent.id])
    ] * 2
    assert [read["reader"] for read in data(firm)["reads"]] == [BANK_NAME] * 2


def test_reports_are_numbered_and_none_is_answered_from_the_one_before(
    small_world: World, firm: Client, bank: Client
) -> None:
    assert data(firm)["id"] != data(firm)["id"]


def test_a_copy_is_confirmed_by_number_and_hash_to_those_whom_it_concerns(
    small_world: World, firm: Client, bank: Client
) -> None:
    small_world.grant("tax")
    answer = bank.get(PATH, format="html")
    number = answer.headers["rongqiao-report"]

    record = bank.get(f"/v1/reports/{number}").json()

    assert record["file_sha256"] == sha256(answer.content).hexdigest()
    assert record["sha256"] in answer.text
    assert (record["party"], record["reader_name"]) == (FIRM, BANK_NAME)
    assert firm.get(f"/v1/reports/{number}").status_code == 200
    assert client(small_world, Role.OPERATOR, "org_platform").get(f"/v1/reports/{number}").status_code == 200
    assert client(small_world, Role.SME, OTHER).get(f"/v1/reports/{number}").status_code == 404
    assert client(small_world, Role.BANK_OFFICER, "org_other").get(f"/v1/reports/{number}").status_code == 404
    assert client(small_world, Role.REGULATOR, "org_r").get(f"/v1/reports/{number}").status_code == 403


def test_the_hash_is_that_of_the_report_as_canonical_json(firm: Client) -> None:
    issued = firm.get(PATH, format="json").json()

    text = json.dumps(issued["report"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    assert sha256(text.encode()).hexdigest() == issued["sha256"]


def test_what_is_kept_is_sealed_and_is_what_was_given(world: World) -> None:
    firm, bank = known_firm(world), known_bank(world)
    world.grant("tax")
    given = firm.get(PATH, format="json").json()
    data(bank)

    mine, theirs = kept(world)

    assert codec.dump(mine.content) == given["report"]
    assert theirs.content.reader_name == BANK_NAME
    with world.database.read() as tx:
        raw = tx.execute(sa.text("SELECT content, reader_name FROM reports ORDER BY id")).first()
    assert raw is not None and NAME not in raw.content and raw.reader_name == ""


def test_a_party_that_has_withdrawn_is_in_no_report_of_a_bank(
    small_world: World, firm: Client, bank: Client
) -> None:
    small_world.grant("tax")
    firm.post(f"/v1/parties/{FIRM}/withdraw")

    assert bank.get(PATH).status_code == 403
    assert data(firm)["identity"]["status"] == "WITHDRAWN"


@pytest.mark.parametrize("role", [Role.SERVICE_CENTRE, Role.OPERATOR, Role.REGULATOR, Role.REGUARANTOR])
def test_nobody_but_the_firm_and_lenders_gets_a_report(small_world: World, firm: Client, role: Role) -> None:
    assert client(small_world, role, "org_any").get(PATH).status_code == 403


def test_an_agent_fills_in_for_the_firm_and_gets_no_report_of_it(small_world: World, firm: Client) -> None:
    new = NewMandate(agent=OTHER, scopes=("tax",), valid_until=date(2027, 6, 1))
    small_world.write(mandates.grant_mandate, firm_itself(), FIRM, new)
    agent = client(small_world, Role.SME, OTHER)

    assert agent.get(f"/v1/parties/{FIRM}").status_code == 200
    assert agent.get(PATH).status_code == 403


def test_the_day_after_a_consent_ends_there_is_no_report(
    small_world: World, firm: Client, bank: Client
) -> None:
    small_world.grant("tax", until=date(2026, 11, 22))
    assert bank.get(PATH).status_code == 200
    small_world.pass_days(1)

    assert bank.get(PATH).status_code == 403


def test_no_other_firm_gets_it(small_world: World, firm: Client) -> None:
    assert client(small_world, Role.SME, OTHER).get(PATH).status_code == 403


def kept(world: World) -> list:
    with world.database.read() as tx:
        return list(tx.rows(sa.select(reports)))


PENALTY = NewRecord(
    kind=RecordKind.PENALTY,
    reference="银金市监罚〔2026〕12号",
    dated_on=date(2026, 3, 1),
    severity=Severity.GENERAL,
    source=Source.MARKET_REGULATION,
    observed_on=date(2026, 3, 4),
)


def with_penalty(world: World) -> str:
    world.write(records.add_records, OPERATOR, FIRM, NewRecords(records=(PENALTY,)))
    return world.write(records.list_records, firm_itself(), FIRM).items[0].id


def test_a_stopped_record_is_in_no_report_and_a_disputed_one_is_marked(
    small_world: World, firm: Client, bank: Client
) -> None:
    record = with_penalty(small_world)
    small_world.grant("tax")
    assert [one["state"] for one in data(bank)["records"]["items"]] == ["IN_USE"]

    dispute = small_world.write(
        disputes.open_dispute, firm_itself(), NewDispute(record_id=record, claim="罚款金额有误")
    )
    assert [one["state"] for one in data(bank)["records"]["items"]] == ["DISPUTED"]
    assert "有异议，核查中" in bank.get(PATH).text

    wrong = Verdict(corrected=True, reason="处罚决定已撤销")
    small_world.write(disputes.decide_dispute, OPERATOR, dispute.id, wrong)
    for reader in (bank, firm):
        report = reader.get(PATH, format="json").text
        assert record not in report and PENALTY.reference not in report


def test_a_bank_knows_persons_behind_the_firm_by_pseudonyms_alone(
    small_world: World, firm: Client, bank: Client
) -> None:
    person = "person:hand-0000001"
    behind = NewRelations(legal_representative=person, controllers=(person,), observed_on=date(2026, 9, 1))
    small_world.write(relations.put_relations, OPERATOR, FIRM, behind)
    small_world.grant("tax")

    assert data(firm)["relations"]["legal_representative"] == person
    assert person not in bank.get(PATH, format="json").text
    assert "hand-0000001" not in bank.get(PATH).text


def test_a_class_of_supervision_is_in_no_report(small_world: World, firm: Client, bank: Client) -> None:
    row = ClassRow(party=FIRM, risk_class=RiskClass.D, classed_on=date(2026, 11, 1))
    small_world.write(risk_classes.deliver_classes, OPERATOR, ClassDelivery(rows=(row,)))
    small_world.grant("tax", "score")
    open_gate(small_world)

    for reader in (bank, firm):
        text = reader.get(PATH, format="json").text
        assert "risk_class" not in text and "RISK" not in text


@pytest.fixture
def stub(small_world: World) -> Iterator[reports_pb2_grpc.ReportsStub]:
    servicer = ReportsServicer(door_of(small_world.database))
    with serving(partial(reports_pb2_grpc.add_ReportsServicer_to_server, servicer)) as channel:
        yield reports_pb2_grpc.ReportsStub(channel)


def test_the_same_over_grpc(small_world: World, firm: Client, stub: reports_pb2_grpc.ReportsStub) -> None:
    mine, theirs = token_of(firm_itself()), token_of(OFFICER)
    with pytest.raises(Forbidden):
        invoke(stub.GetReport, credit.PartyId(party=FIRM), token=theirs)
    consent = small_world.grant("tax")

    issued = invoke(stub.GetReport, credit.PartyId(party=FIRM), token=theirs)
    assert [one.id for one in issued.report.consents] == [consent.id]
    shut = [group.scope for group in issued.report.groups if group.state == credit.ITEM_STATE_NOT_AUTHORISED]
    assert "statements" in shut

    asked = pb.RenderReportRequest(party=FIRM, form=pb.REPORT_FORM_HTML, language=pb.LANGUAGE_EN)
    file = invoke(stub.RenderReport, asked, token=theirs)
    assert (file.media_type, b"Not authorised" in file.content) == ("text/html; charset=utf-8", True)

    record = invoke(stub.ConfirmReport, pb.ReportId(report_id=file.id), token=mine)
    assert record.file_sha256 == sha256(file.content).hexdigest()

    with pytest.raises(Invalid) as refused:
        invoke(stub.RenderReport, pb.RenderReportRequest(party=FIRM), token=mine)
    assert refused.value.field == "/form"


def test_names_of_institutions_are_followed_and_those_of_firms_are_not(small_world: World) -> None:
    for kind, name in (
        (identity.ORGANISATION_KIND_BANK, "旧名"),
        (identity.ORGANISATION_KIND_BANK, BANK_NAME),
    ):
        told = identity.Organisation(id=BANK, kind=kind, name=name)
        small_world.database.transact(lambda tx, told=told: readers.follow_organisation(tx, told))
    own = identity.Organisation(id=FIRM, kind=identity.ORGANISATION_KIND_ENTERPRISE, name=NAME)
    small_world.database.transact(lambda tx: readers.follow_organisation(tx, own))

    with small_world.database.read() as tx:
        assert reader_name(tx, BANK) == BANK_NAME
        assert reader_name(tx, FIRM) == FIRM
