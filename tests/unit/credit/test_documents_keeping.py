"""What the scanner says of documents, and what destroys them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from libs.chassis.call import Call
from libs.chassis.problems import Conflict, NotFound
from services.credit.blobs import BlobMissing, FolderBlobs
from services.credit.domain.documents import (
    DocumentKind,
    DocumentState,
    NewDocument,
)
from services.credit.operations import files
from services.credit.scanning import Clamd
from tests.support import clamd
from tests.unit.credit import papers
from tests.unit.credit.office import LICENCE, Office, states
from tests.unit.credit.world import FIRM, OFFICER, TODAY, World, firm


def test_nobody_but_the_firm_opens_what_waits_for_the_scanner(small_world: World, tmp_path: Path) -> None:
    with clamd.clamd() as scanner:
        office = Office(small_world, tmp_path, Clamd("127.0.0.1", scanner.port))
        document = office.upload(papers.pdf()).document.id
        office.consent(document)

        assert states(office.seen_by_firm(document)) == [DocumentState.AWAITING_SCAN]
        assert office.open(document, firm()) == papers.pdf()
        assert office.listed()[0].versions == ()
        with pytest.raises(Conflict):
            office.open(document)

        assert office.archive.scan_waiting() == 1
        assert scanner.contents == [papers.pdf()]
    assert office.open(document) == papers.pdf()
    assert states(office.listed()[0]) == [DocumentState.CLEAN]


def test_what_is_infected_is_destroyed_and_the_firm_is_told(world: World, tmp_path: Path) -> None:
    with clamd.clamd() as scanner:
        office = Office(world, tmp_path, Clamd("127.0.0.1", scanner.port))
        document = office.upload(papers.pdf()).document.id
        office.archive.scan_waiting()
        office.upload(papers.png(clamd.MALWARE.decode()))
        office.archive.scan_waiting()

    bad, good = office.seen_by_firm(document).versions
    assert (bad.state, bad.finding, good.state) == ("INFECTED", "Made.Up-Malware", "CLEAN")
    assert office.kept() == 1
    office.consent(document)
    assert office.open(document) == papers.pdf()  # the newest that may be had
    with pytest.raises(Conflict):
        office.open(document, firm(), 2)


def test_while_the_scanner_is_down_documents_wait_and_one_that_it_cannot_judge_delays_no_other(
    world: World, tmp_path: Path
) -> None:
    office = Office(world, tmp_path, Clamd("127.0.0.1", 1))
    riddle = office.upload(papers.png(clamd.RIDDLE.decode())).document.id
    plain = office.upload(papers.pdf(), LICENCE).document.id
    assert office.archive.scan_waiting() == 0
    assert states(office.seen_by_firm(plain)) == [DocumentState.AWAITING_SCAN]

    office.world.pass_days(1)
    with clamd.clamd() as scanner:
        again = replace(office.archive, scanner=Clamd("127.0.0.1", scanner.port))
        assert (again.scan_waiting(), again.scan_waiting()) == (1, 0)

    assert states(office.seen_by_firm(plain)) == [DocumentState.CLEAN]
    assert states(office.seen_by_firm(riddle)) == [DocumentState.AWAITING_SCAN]


def test_no_job_calls_for_itself_again_and_again(small_world: World, tmp_path: Path) -> None:
    office = Office(small_world, tmp_path, Clamd("127.0.0.1", 1))
    office.upload(papers.pdf())
    office.withdraw(office.upload(papers.png(), LICENCE).document.id)
    commits = list[int]()
    small_world.database.on_commit.append(lambda: commits.append(1))

    for _ in range(5):
        office.archive.scan_waiting()
        office.archive.destroy_doomed()

    assert len(commits) == 2  # one failure to scan, one content destroyed


def test_without_a_scanner_a_document_says_that_nobody_looked_and_a_later_one_looks(
    small_office: Office,
) -> None:
    document = small_office.upload(papers.pdf()).document.id
    small_office.consent(document)
    assert states(small_office.listed()[0]) == [DocumentState.UNSCANNED]
    assert small_office.archive.scan_waiting() == 0

    with clamd.clamd() as scanner:
        replace(small_office.archive, scanner=Clamd("127.0.0.1", scanner.port)).scan_waiting()

    assert states(small_office.listed()[0]) == [DocumentState.CLEAN]


# What destroys them


def test_the_firm_takes_a_document_back_at_once(office: Office) -> None:
    document = office.upload(papers.pdf()).document.id
    office.upload(papers.png())
    office.consent(document)

    withdrawn = office.withdraw(document)

    assert states(withdrawn) == [DocumentState.WITHDRAWN, DocumentState.WITHDRAWN]
    assert {withdrawn.title, *(version.file_name for version in withdrawn.versions)} == {""}
    assert office.kept() == 0
    for reader in (OFFICER, firm()):
        with pytest.raises(Conflict):
            office.open(document, reader)
    assert office.withdraw(document) == withdrawn
    assert office.upload(papers.pdf()).document.id != document


def test_with_the_party_its_documents_go(small_office: Office) -> None:
    document = small_office.upload(papers.pdf()).document.id
    small_office.consent(document)

    small_office.world.write(files.withdraw_party, firm(), FIRM)

    assert small_office.kept() == 0
    assert states(small_office.seen_by_firm(document)) == [DocumentState.WITHDRAWN]
    with pytest.raises(NotFound):
        small_office.open(document)


def test_content_goes_the_day_after_its_last_and_the_row_stays(office: Office) -> None:
    report = NewDocument(kind=DocumentKind.CREDIT_REPORT)
    uploaded = office.upload(papers.pdf(), report).document
    office.upload(papers.png(), LICENCE)
    days = (uploaded.versions[0].kept_until - TODAY).days

    office.world.pass_days(days)
    assert office.archive.expire() == 0
    office.world.pass_days(1)
    assert office.archive.expire() == 1

    assert states(office.seen_by_firm(uploaded.id)) == [DocumentState.EXPIRED]
    assert office.kept() == 1
    assert office.upload(papers.pdf(), report).version == 2


# Crashes


def test_a_crash_before_the_row_leaves_content_that_a_job_destroys(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(Call, "write", crash)
        with pytest.raises(KeyboardInterrupt):
            office.upload(papers.pdf())

    assert office.listed(firm()) == ()
    assert office.kept() == 1  # it may still be on its way
    office.world.pass_days(1)
    assert office.kept() == 0
    assert office.upload(papers.pdf()).version == 1


def test_an_upload_that_took_too_long_never_points_to_nothing(
    small_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Call.write

    def late(call: Call, *args: Any) -> Any:
        small_office.world.pass_days(1)
        assert small_office.kept() == 0
        return write(call, *args)

    monkeypatch.setattr(Call, "write", late)
    with pytest.raises(Conflict):
        small_office.upload(papers.pdf())

    assert small_office.listed(firm()) == ()


def test_while_the_store_is_away_what_is_doomed_stays_in_the_journal(
    small_office: Office, tmp_path: Path
) -> None:
    document = small_office.upload(papers.pdf()).document.id

    class Away(FolderBlobs):
        def destroy(self, key: str) -> None:
            raise BlobMissing(key)

    small_office.withdraw(document)
    with pytest.raises(BlobMissing):
        replace(small_office.archive, blobs=Away(tmp_path)).destroy_doomed()

    assert small_office.kept() == 0
