"""Documents of a file: versions, known bytes, who opens them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict, Forbidden, NotFound
from libs.criteria.violation import Violation
from services.credit.domain.documents import (
    DocumentKind,
    NewDocument,
    UploadState,
)
from services.credit.domain.mandates import NewMandate
from services.credit.operations import files, mandates
from tests.unit.credit import papers
from tests.unit.credit.office import ACCOUNTANT, CONTRACT, LICENCE, OTHER_BANK, Office
from tests.unit.credit.world import BANK, FIRM, OFFICER, OPERATOR, OTHER, TODAY, firm

# Versions and known bytes


def test_a_later_upload_of_the_same_kind_and_title_is_the_next_version(office: Office) -> None:
    first = office.upload(papers.pdf("1"))
    second = office.upload(papers.png(), replace(CONTRACT, title=" 与张三的购销合同 "))
    other = office.upload(papers.pdf("3"), replace(CONTRACT, title="与李四的购销合同"))

    assert (first.version, second.version, other.version) == (1, 2, 1)
    assert first.document.id == second.document.id != other.document.id
    assert [(one.version, one.format) for one in second.document.versions] == [(2, "PNG"), (1, "PDF")]
    assert office.open(first.document.id, firm()) == papers.png()
    assert office.open(first.document.id, firm(), 1) == papers.pdf("1")


def test_the_same_bytes_again_are_known_and_kept_once(small_office: Office) -> None:
    first = small_office.upload(papers.pdf())
    again = small_office.upload(papers.pdf(), replace(CONTRACT, file_name="another name.pdf"))

    assert (again.state, again.version) == (UploadState.KNOWN, 1)
    assert again.document == first.document
    assert small_office.kept() == 1


def test_of_two_uploads_at_once_one_is_kept(office: Office) -> None:
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: office.upload(papers.pdf()), range(4)))
    office.world.pass_days(1)

    assert sorted(one.state for one in told) == ["KNOWN", "KNOWN", "KNOWN", "RECORDED"]
    assert {(one.document.id, one.version) for one in told} == {(told[0].document.id, 1)}
    assert office.kept() == 1
    assert office.open(told[0].document.id, firm()) == papers.pdf()


def test_the_same_bytes_as_another_document_are_refused(small_office: Office) -> None:
    first = small_office.upload(papers.pdf())

    with pytest.raises(Conflict) as refused:
        small_office.upload(papers.pdf(), LICENCE)

    assert (refused.value.field, first.document.id in refused.value.detail) == ("file", True)
    assert small_office.kept() == 1


def test_a_repeated_request_gets_the_first_answer(small_office: Office) -> None:
    first = small_office.upload(papers.pdf(), key="k1")

    assert small_office.upload(papers.pdf(), key="k1") == first
    assert first.state is UploadState.RECORDED


def test_content_is_sealed_and_names_are_in_no_table(small_office: Office, tmp_path: Path) -> None:
    small_office.upload(papers.pdf())

    kept = next(path for path in small_office.folder.rglob("*") if path.is_file())
    assert papers.pdf() not in kept.read_bytes()
    assert b"%PDF" not in kept.read_bytes()
    with small_office.world.database.read() as tx:
        titles = tx.connection.exec_driver_sql("SELECT * FROM documents").all()
        names = tx.connection.exec_driver_sql("SELECT * FROM document_versions").all()
    assert len(titles) == len(names) == 1
    assert "合同" not in f"{titles}{names}"


def test_a_version_that_never_was_is_not_there(small_office: Office) -> None:
    document = small_office.upload(papers.pdf()).document.id

    with pytest.raises(NotFound, match="no version 7"):
        small_office.open(document, firm(), 7)


def test_content_that_was_swapped_in_the_store_opens_to_nobody(small_office: Office) -> None:
    first = small_office.upload(papers.pdf("1")).document.id
    small_office.upload(papers.pdf("2"), LICENCE)
    one, two = [path for path in small_office.folder.rglob("*") if path.is_file()]
    mine, theirs = one.read_bytes(), two.read_bytes()
    one.write_bytes(theirs)
    two.write_bytes(mine)

    with pytest.raises(Exception, match="^$") as broken:  # cryptography's InvalidTag says nothing
        small_office.open(first, firm())
    assert type(broken.value).__name__ == "InvalidTag"


# Who may bring them


def test_an_accountant_brings_what_its_mandate_names_and_no_more(small_office: Office) -> None:
    accountant = Principal("acc_accountant", Role.SME, ACCOUNTANT)
    with pytest.raises(Forbidden):
        small_office.upload(papers.pdf(), by=accountant)
    new = NewMandate(agent=ACCOUNTANT, scopes=("tax",), valid_until=TODAY)
    small_office.world.write(mandates.grant_mandate, firm(), FIRM, new)

    certificate = small_office.upload(
        papers.pdf(), NewDocument(kind=DocumentKind.TAX_CERTIFICATE), accountant
    )
    for kind in (DocumentKind.CONTRACT, DocumentKind.REPRESENTATIVE_ID):
        with pytest.raises(Forbidden):
            small_office.upload(papers.png(), NewDocument(kind=kind), accountant)
    secret = small_office.upload(papers.png())

    assert [one.id for one in small_office.listed(accountant)] == [certificate.document.id]
    assert small_office.open(certificate.document.id, accountant) == papers.pdf()
    for ask in (small_office.open, small_office.withdraw):
        with pytest.raises(NotFound):
            ask(secret.document.id, accountant)
    with pytest.raises(Forbidden):
        small_office.withdraw(certificate.document.id, accountant)


@pytest.mark.parametrize(
    "by", [OFFICER, OPERATOR, firm(OTHER), Principal("r", Role.REGULATOR, "org_r", "64")]
)
def test_nobody_else_brings_documents_and_nothing_is_kept_of_them(
    small_office: Office, by: Principal
) -> None:
    with pytest.raises(Forbidden):
        small_office.upload(papers.pdf(), by=by)

    assert small_office.kept() == 0


def test_what_is_refused_is_not_kept(small_office: Office) -> None:
    for content in (b"", b"<html></html>", papers.pdf(password="1")):
        with pytest.raises(Violation):
            small_office.upload(content)
    small_office.world.write(files.withdraw_party, firm(), FIRM)
    with pytest.raises(Conflict):
        small_office.upload(papers.pdf())

    assert small_office.kept() == 0


def test_a_file_that_is_too_large_is_refused_before_it_is_looked_at(small_office: Office) -> None:
    with pytest.raises(Violation, match="20 MiB"):
        small_office.upload(b"%PDF-" + b"0" * (20 << 20))


# Who opens them


def test_a_bank_opens_what_a_consent_names_and_each_look_is_shown_to_the_firm(small_office: Office) -> None:
    named, secret = (
        small_office.upload(papers.pdf()).document.id,
        small_office.upload(papers.png(), LICENCE).document.id,
    )
    consent = small_office.consent(named)

    assert [one.id for one in small_office.listed()] == [named]
    assert small_office.open(named) == papers.pdf()
    with pytest.raises(NotFound):
        small_office.open(secret)

    newest = small_office.reads()[0]
    assert (newest.what, newest.reader, newest.consents) == ("DOCUMENT", BANK, (consent.id,))
    assert newest.scopes == (named,)
    assert [read.what for read in small_office.reads()] == ["DOCUMENT", "FILE"]


def test_for_whom_no_consent_names_it_a_document_does_not_exist(small_office: Office) -> None:
    document = small_office.upload(papers.pdf()).document.id
    small_office.consent(document)
    small_office.world.grant("tax", "statements", recipient=OTHER_BANK.organisation)
    strangers = (OTHER_BANK, firm(OTHER), replace(OTHER_BANK, role=Role.GUARANTOR_MANAGER), OPERATOR)

    for stranger in strangers:
        told = set[str]()
        for ask in (document, "doc_of_nobody"):
            with pytest.raises(NotFound) as refused:
                small_office.open(ask, stranger)
            told.add(refused.value.detail.replace(ask, ""))
        assert len(told) == 1
    assert small_office.listed(OTHER_BANK) == ()


def test_revocation_and_the_last_day_close_it_from_the_next_look_on(small_office: Office) -> None:
    document = small_office.upload(papers.pdf()).document.id
    consent = small_office.consent(document)
    assert small_office.open(document) == papers.pdf()

    small_office.world.revoke(consent)
    with pytest.raises(NotFound):
        small_office.open(document)
    assert small_office.listed() == ()

    small_office.consent(document)
    assert small_office.open(document) == papers.pdf()
    small_office.world.pass_days(400)
    with pytest.raises(NotFound):
        small_office.open(document)


def test_one_upload_serves_several_banks_and_a_consent_opens_later_versions(small_office: Office) -> None:
    document = small_office.upload(papers.pdf("1")).document.id
    small_office.consent(document)
    small_office.consent(document, to=OTHER_BANK.organisation)
    small_office.upload(papers.pdf("2"))

    for bank in (OFFICER, OTHER_BANK):
        assert small_office.open(document, bank) == papers.pdf("2")
        assert small_office.open(document, bank, 1) == papers.pdf("1")
    assert small_office.kept() == 2


def test_a_consent_to_the_platform_opens_no_document(small_office: Office) -> None:
    document = small_office.upload(papers.pdf()).document.id
    small_office.world.grant(documents=(document,), recipient="platform")

    with pytest.raises(NotFound):
        small_office.open(document)


def test_a_consent_names_only_documents_of_its_own_party(small_office: Office) -> None:
    document = small_office.upload(papers.pdf()).document.id
    small_office.world.put(OTHER)

    with pytest.raises(Violation) as refused:
        small_office.world.grant(party=OTHER, documents=(document,))
    small_office.withdraw(document)
    with pytest.raises(Violation):
        small_office.consent(document)

    assert refused.value.field == "documents/0"
