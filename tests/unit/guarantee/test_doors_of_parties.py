"""Admissions, relations, books, red lines and the map over both doors."""

from collections.abc import Iterator
from functools import partial

import pytest

from libs.chassis import rpc, wire
from libs.chassis.codec import dump
from libs.chassis.database import Database
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict, Forbidden
from rongqiao.guarantee.v1 import parties_pb2 as pb
from rongqiao.guarantee.v1 import parties_pb2_grpc
from services.guarantee.domain.opening import ReturnKind
from services.guarantee.http.parties import router
from services.guarantee.rpc.parties import PartiesServicer
from tests.support.rpc import door_of, serving, token_of
from tests.support.services import Client, client_of
from tests.unit.guarantee.books import CHECKER, OFFICER, book, row
from tests.unit.guarantee.chain import HELAN, MILLION

PROVINCE = Principal("acc_province", Role.REGUARANTOR, "org_province")


def at(database: Database, role: Role, organisation: str, subject: str = "acc_1") -> Client:
    return client_of(database, router, role, organisation, subject)


def test_a_book_goes_through_two_pairs_of_hands_over_http(database: Database) -> None:
    officer = at(database, Role.GUARANTOR_OFFICER, HELAN.id, "acc_officer")
    manager = at(database, Role.GUARANTOR_MANAGER, HELAN.id, "acc_manager")

    report = officer.post("/v1/opening-books", dump(book([row(1)]))).json()
    forbidden = officer.post(f"/v1/opening-books/{report['book']}/approve")
    approved = manager.post(f"/v1/opening-books/{report['book']}/approve")
    again = manager.post(f"/v1/opening-books/{report['book']}/reject", {"reason": "x"})
    listed = at(database, Role.REGUARANTOR, "org_province").get("/v1/opening-books").json()["items"]
    strange = at(database, Role.GUARANTOR_OFFICER, "org_yinchuan").get(f"/v1/opening-books/{report['book']}")

    assert (forbidden.status_code, approved.status_code, again.status_code) == (403, 200, 422)
    assert (approved.json()["status"], approved.json()["decided_by"]) == ("APPROVED", "acc_manager")
    assert [one["id"] for one in listed] == [report["book"]]
    assert strange.status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"csv": "contract\n1\n"}, "csv/1/party"),
        ({"csv": 'contract\n"1\n'}, "csv/1"),
        ({"as_of": "2027-01-31"}, "as_of"),
        ({"totals": {"contracts": 1}}, "/totals/balance_fen"),
        ({"kind": "YEARLY"}, "/kind"),
    ],
)
def test_a_wrong_upload_is_refused_by_its_field(
    database: Database, change: dict[str, object], field: str
) -> None:
    officer = at(database, Role.GUARANTOR_OFFICER, HELAN.id)

    answer = officer.post("/v1/opening-books", dump(book([row(1)])) | change)

    assert answer.status_code == 422
    assert str(answer.json()["field"]).startswith(field)
    assert answer.json()["mend"]


def test_the_list_and_the_groups_over_http(database: Database) -> None:
    province = at(database, Role.REGUARANTOR, "org_province")
    manager = at(database, Role.GUARANTOR_MANAGER, HELAN.id)
    group = {"name": "张家", "kind": "FAMILY", "parties": ["uscc:a", "person:b"]}

    suspended = province.put(
        f"/v1/admissions/{HELAN.id}", {"credit_line_fen": 1, "status": "SUSPENDED", "reason": "x"}
    )
    unknown = province.put("/v1/admissions/org_none", {"credit_line_fen": 1})
    negative = province.put(f"/v1/admissions/{HELAN.id}", {"credit_line_fen": -1})
    put = manager.put("/v1/related-groups/grp_1", group)
    found = manager.get("/v1/related-groups", party="person:b").json()["items"]
    none = manager.get("/v1/related-groups", party="uscc:c").json()["items"]
    bank = at(database, Role.BANK_MANAGER, "org_bank").get("/v1/related-groups")

    assert (suspended.status_code, unknown.status_code, negative.status_code) == (200, 404, 422)
    assert [one["status"] for one in manager.get("/v1/admissions").json()["items"]] == ["SUSPENDED"]
    assert (put.status_code, [one["id"] for one in found], none, bank.status_code) == (
        200,
        ["grp_1"],
        [],
        403,
    )


def test_red_lines_and_the_map_over_http(database: Database) -> None:
    own = at(database, Role.GUARANTOR_OFFICER, HELAN.id).get(f"/v1/guarantors/{HELAN.id}/red-lines").json()
    every = at(database, Role.REGULATOR, "org_regulator").get("/v1/red-lines").json()["items"]
    banks = at(database, Role.REGUARANTOR, "org_province").get("/v1/red-lines", by="bank").json()["items"]
    wrong = at(database, Role.REGUARANTOR, "org_province").get("/v1/red-lines", by="county")
    firm = at(database, Role.SME, "uscc:a")

    assert own["items"][0]["measure"] == "LEVERAGE"
    assert ([one["guarantor"] for one in every], banks) == (["org_helan", "org_yinchuan"], [])
    assert (wrong.status_code, firm.get("/v1/red-lines").status_code) == (422, 403)
    assert len(firm.get("/v1/coverage").json()["counties"]) == 22


@pytest.fixture
def stub(database: Database) -> Iterator[parties_pb2_grpc.PartiesStub]:
    servicer = PartiesServicer(door_of(database))
    with serving(partial(parties_pb2_grpc.add_PartiesServicer_to_server, servicer)) as channel:
        yield parties_pb2_grpc.PartiesStub(channel)


def test_the_same_happens_over_grpc(stub: parties_pb2_grpc.PartiesStub) -> None:
    officer, checker, province = (token_of(one) for one in (OFFICER, CHECKER, PROVINCE))
    upload = wire.to_message(pb.NewBook, book([row(1)]))

    first = rpc.invoke(stub.UploadBook, upload, token=officer, key="k1")
    rejected = rpc.invoke(
        stub.RejectBook, pb.RejectBookRequest(book_id=first.book, reason="余额不符"), token=checker, key="k2"
    )
    second = rpc.invoke(stub.UploadBook, upload, token=officer, key="k3")
    approved = rpc.invoke(stub.ApproveBook, pb.OpeningBookId(book_id=second.book), token=checker, key="k4")
    read = rpc.invoke(stub.GetBook, pb.OpeningBookId(book_id=second.book), token=province)
    listed = rpc.invoke(stub.ListBooks, pb.ListOpeningBooksRequest(), token=officer)
    request = pb.AdmissionRequest(
        guarantor_id=HELAN.id, credit_line_fen=7 * MILLION, status=pb.ADMISSION_STATUS_ADMITTED
    )
    admitted = rpc.invoke(stub.DecideAdmission, request, token=province, key="k5")
    admissions = rpc.invoke(stub.ListAdmissions, pb.ListAdmissionsRequest(), token=officer)
    group = pb.RelatedGroupRequest(
        group_id="grp_1", name="张家", kind=pb.RELATION_KIND_FAMILY, parties=["uscc:a"]
    )
    put = rpc.invoke(stub.PutRelatedGroup, group, token=checker, key="k6")
    groups = rpc.invoke(stub.ListRelatedGroups, pb.ListRelatedGroupsRequest(party="uscc:a"), token=officer)
    lines = rpc.invoke(stub.GetRedLines, pb.RedLinesOf(guarantor_id=HELAN.id), token=officer)
    overview = rpc.invoke(stub.ListRedLines, pb.ListRedLinesRequest(by_bank=True), token=province)
    coverage = rpc.invoke(stub.GetCoverage, pb.CoverageRequest(), token=officer)

    assert (rejected.status, approved.status) == (pb.BOOK_STATUS_REJECTED, pb.BOOK_STATUS_APPROVED)
    assert (read, [one.id for one in listed.items]) == (approved, [second.book, first.book])
    assert list(admissions.items) == [admitted]
    assert list(groups.items) == [put]
    assert lines.items[0].returned_fen == 600_000_00
    assert [(one.guarantor, one.bank) for one in overview.items] == [("org_helan", "org_bank")]
    assert len(coverage.counties) == 22


def test_refusals_over_grpc(stub: parties_pb2_grpc.PartiesStub) -> None:
    upload = wire.to_message(pb.NewBook, book([row(1)], kind=ReturnKind.MONTHLY))

    with pytest.raises(Conflict) as early:
        rpc.invoke(stub.UploadBook, upload, token=token_of(OFFICER), key="k1")
    with pytest.raises(Forbidden):
        rpc.invoke(stub.ListRedLines, pb.ListRedLinesRequest(), token=token_of(OFFICER))

    assert early.value.field == "kind"
