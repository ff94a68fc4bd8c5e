"""Documents over HTTP and gRPC: a file goes in and comes out the same, and is never shown as a page of the platform."""

import hashlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from libs.chassis.ids import new_id
from libs.chassis.principal import Role
from libs.chassis.problems import Forbidden, Invalid, NotFound
from libs.chassis.rpc import invoke
from rongqiao.credit.v1 import documents_pb2 as pb
from rongqiao.credit.v1 import documents_pb2_grpc
from services.credit.archive import Archive
from services.credit.blobs import FolderBlobs
from services.credit.rpc.documents import MOST_BYTES, DocumentsServicer
from tests.support.rpc import door_of, serving, token_of
from tests.support.services import Client
from tests.unit.credit import papers
from tests.unit.credit.doors import client
from tests.unit.credit.world import BANK, FIRM, OFFICER, World, firm

PATH = f"/v1/parties/{FIRM}/documents"


@pytest.fixture
def archive(small_world: World, tmp_path: Path) -> Archive:
    small_world.put()
    return Archive(small_world.database, FolderBlobs(tmp_path / "documents"))


@pytest.fixture
def sme(small_world: World, archive: Archive) -> Client:
    return client(small_world, Role.SME, FIRM, archive=archive)


@pytest.fixture
def bank(small_world: World, archive: Archive) -> Client:
    return client(small_world, Role.BANK_OFFICER, BANK, archive=archive)


def send(
    by: Client,
    content: bytes,
    name: str = "a.pdf",
    said: str = "application/pdf",
    key: str | None = "",
    **form: str,
) -> Any:
    headers = {"Authorization": f"Bearer {token_of(by.principal)}"}
    if key is not None:
        headers["Idempotency-Key"] = key or new_id("key")
    fields = {"kind": "CONTRACT"} | form
    return by.http.post(PATH, data=fields, files={"file": (name, content, said)}, headers=headers)


def test_a_file_comes_out_as_it_went_in_and_is_saved_never_shown(
    sme: Client, bank: Client, small_world: World
) -> None:
    sent = send(
        sme, papers.pdf(), "购销 合同.pdf", title="张三", covers_from="2026-01-01", issued_on="2026-02-01"
    )
    assert sent.status_code == 201, sent.text
    document = sent.json()["document"]
    small_world.grant(documents=(document["id"],))

    for reader in (sme, bank):
        got = reader.get(f"/v1/documents/{document['id']}/content")
        assert (got.status_code, got.content) == (200, papers.pdf())
        assert got.headers["content-type"] == "application/pdf"
        assert got.headers["x-content-type-options"] == "nosniff"
        assert got.headers["content-disposition"].startswith(
            "attachment; filename=\"document.pdf\"; filename*=UTF-8''"
        )
        assert unquote(got.headers["content-disposition"]).endswith("购销 合同.pdf")
        assert "sandbox" in got.headers["content-security-policy"]
        assert got.headers["cache-control"] == "private, no-store"
        assert got.headers["document-sha256"] == hashlib.sha256(papers.pdf()).hexdigest()
        assert got.headers["document-state"] == "UNSCANNED"
    version = bank.get(PATH).json()["items"][0]["versions"][0]
    assert (version["covers_from"], version["issued_on"], version["size"]) == (
        "2026-01-01",
        "2026-02-01",
        len(papers.pdf()),
    )
    assert [read["what"] for read in sme.get(f"/v1/parties/{FIRM}/reads").json()["items"]] == [
        "FILE",
        "DOCUMENT",
    ]
    assert bank.get(f"/v1/documents/{document['id']}").json()["versions"] == [version]
    assert sme.post(f"/v1/documents/{document['id']}/withdraw").json()["versions"][0]["state"] == "WITHDRAWN"
    assert bank.get(f"/v1/documents/{document['id']}/content").status_code == 409


def test_neither_name_nor_word_of_a_browser_makes_a_page_of_a_file(sme: Client) -> None:
    sent = send(sme, papers.png(), "bill.html", "text/html").json()["document"]

    got = sme.get(f"/v1/documents/{sent['id']}/content")

    assert got.headers["content-type"] == "image/png"
    assert got.headers["content-disposition"].endswith("bill.html.png")
    assert send(sme, b"<html><script>1</script></html>", "a.png", "image/png").status_code == 422


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_no_name_of_a_file_breaks_a_header(sme: Client, name: str) -> None:
    new_title = new_id("t")
    content = papers.pdf(new_title)
    stub_name = name.replace("\0", "")

    document = send(sme, content, stub_name or "x", title=new_title).json()["document"]
    headers = sme.get(f"/v1/documents/{document['id']}/content").headers

    told = headers["content-disposition"]
    assert told.isascii()
    assert told.count(";") == 2
    assert told.count('"') == 2
    assert told.endswith(".pdf")
    assert "set-cookie" not in headers


REFUSED: list[tuple[dict[str, str], str]] = [
    ({"kind": "POEM"}, "/kind"),
    ({"issued_on": "2999-01-01"}, "issued_on"),
    ({"covers_from": "2026-02-01", "covers_until": "2026-01-01"}, "covers_until"),
    ({"colour": "red"}, "/colour"),
    ({"title": "x" * 101}, "title"),
]


def test_a_refusal_names_the_field_and_the_mend(sme: Client) -> None:
    for form, field in REFUSED:
        refused = send(sme, papers.pdf(), **form)

        assert (refused.status_code, refused.json()["field"]) == (422, field)
        assert refused.json()["mend"]


def test_an_upload_needs_a_file_a_kind_a_key_and_room(sme: Client) -> None:
    headers = {"Authorization": f"Bearer {token_of(firm())}", "Idempotency-Key": "k"}
    assert sme.http.post(PATH, data={"kind": "CONTRACT"}, headers=headers).json()["field"] == "file"
    assert sme.http.post(PATH, files={"file": b"1"}, headers=headers).json()["field"] == "/kind"
    assert sme.http.post(PATH, json={"kind": "CONTRACT"}, headers=headers).status_code == 422
    assert send(sme, papers.pdf(), key=None).json()["field"] == "Idempotency-Key"
    large = send(sme, b"%PDF-" + b"0" * (21 << 20))
    assert (large.status_code, large.json()["field"]) == (422, "file")


def test_a_repeated_upload_gets_the_first_answer_and_another_file_under_its_key_is_refused(
    sme: Client,
) -> None:
    first = send(sme, papers.pdf(), key="k1")

    again = send(sme, papers.pdf(), key="k1")

    assert (again.json(), again.headers["Idempotency-Replayed"]) == (first.json(), "true")
    assert send(sme, papers.png(), key="k1").status_code == 422


def test_a_bank_is_refused_before_its_file_is_read(bank: Client) -> None:
    assert send(bank, b"%PDF-" + b"0" * (21 << 20)).status_code == 403


@pytest.fixture
def stub(small_world: World, archive: Archive) -> Iterator[documents_pb2_grpc.DocumentsStub]:
    servicer = DocumentsServicer(door_of(small_world.database), archive)
    with serving(partial(documents_pb2_grpc.add_DocumentsServicer_to_server, servicer)) as channel:
        yield documents_pb2_grpc.DocumentsStub(channel)


def read(stub: documents_pb2_grpc.DocumentsStub, document: str, token: str) -> list[pb.ContentPart]:
    asked = pb.DocumentVersionId(document_id=document)
    return list(stub.GetContent(asked, metadata=(("authorization", f"Bearer {token}"),)))


def test_the_same_over_grpc(stub: documents_pb2_grpc.DocumentsStub, small_world: World) -> None:
    mine, theirs = token_of(firm()), token_of(OFFICER)
    whole = papers.pdf("long " * 300_000)
    put = pb.PutDocumentRequest(
        party=FIRM,
        kind=pb.DOCUMENT_KIND_CONTRACT,
        title="甲",
        file_name="甲.pdf",
        content=whole,
    )
    done = invoke(stub.PutDocument, put, token=mine, key="1")
    assert (done.state, done.version) == (pb.UPLOAD_STATE_RECORDED, 1)
    document = done.document.id
    with pytest.raises(NotFound):
        invoke(stub.GetDocument, pb.DocumentId(document_id=document), token=theirs)
    small_world.grant(documents=(document,))

    parts = read(stub, document, theirs)
    assert b"".join(part.content for part in parts) == whole
    assert len(parts) > 1
    assert (parts[0].file_name, parts[0].media_type, parts[0].version) == ("甲.pdf", "application/pdf", 1)
    assert parts[0].state == pb.DOCUMENT_STATE_UNSCANNED
    assert [one.id for one in invoke(stub.ListDocuments, pb.DocumentsOf(party=FIRM), token=theirs).items] == [
        document
    ]
    assert invoke(stub.GetDocument, pb.DocumentId(document_id=document), token=theirs).title == "甲"

    ended = invoke(stub.WithdrawDocument, pb.DocumentId(document_id=document), token=mine, key="2")
    assert ended.versions[0].state == pb.DOCUMENT_STATE_WITHDRAWN


def test_what_is_too_large_for_grpc_is_sent_to_the_other_door(stub: documents_pb2_grpc.DocumentsStub) -> None:
    put = pb.PutDocumentRequest(party=FIRM, kind=pb.DOCUMENT_KIND_CONTRACT, content=b"0" * (MOST_BYTES + 1))

    with pytest.raises(Invalid) as refused:
        invoke(stub.PutDocument, put, token=token_of(firm()), key="1")
    with pytest.raises(Forbidden):
        invoke(stub.PutDocument, put, token=token_of(OFFICER), key="1")

    assert "POST" in (refused.value.mend or "")


def test_every_call_of_the_contract_is_served() -> None:
    methods = {method.name for method in pb.DESCRIPTOR.services_by_name["Documents"].methods}

    assert methods <= set(vars(DocumentsServicer))
