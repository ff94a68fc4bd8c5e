"""Evidence: whoever decides opens the documents that an application names, until it is decided, and leaves a trace."""

from dataclasses import replace

import pytest

from libs.chassis.principal import Principal, Role
from libs.chassis.problems import NotFound
from libs.criteria.violation import Violation
from services.credit.domain.dispute import NewDispute
from services.credit.operations import disputes, documents, repairs
from tests.unit.credit import papers
from tests.unit.credit.office import LICENCE, Office
from tests.unit.credit.repairing import CENTRE, RIGHT, application, decide, judge, penalised
from tests.unit.credit.world import OFFICER, firm

FAR = Principal("acc_3", Role.SERVICE_CENTRE, "org_far", "6402")


def test_who_decides_opens_the_evidence_until_it_is_decided(small_office: Office) -> None:
    world, paper = small_office.world, small_office.upload(papers.pdf()).document.id
    other = small_office.upload(papers.png(), LICENCE).document.id
    record = penalised(world)
    with pytest.raises(NotFound):
        small_office.open(paper, CENTRE)

    asked = replace(application(record), evidence=(paper,))
    repair = world.write(repairs.apply_for_repair, firm(), asked)
    opened = small_office.open(paper, CENTRE)

    assert opened == papers.pdf()
    for document, reader in ((paper, FAR), (paper, OFFICER), (other, CENTRE)):
        with pytest.raises(NotFound):
            small_office.open(document, reader)
    decide(world, repair)
    with pytest.raises(NotFound):
        small_office.open(paper, CENTRE)


def test_the_firm_reads_who_opened_its_evidence_and_for_what(small_office: Office) -> None:
    world, paper = small_office.world, small_office.upload(papers.pdf()).document.id
    record = penalised(world)
    claim = NewDispute(record_id=record.id, claim="处罚已撤销", evidence=(paper,))
    dispute = world.write(disputes.open_dispute, firm(), claim)

    small_office.open(paper, CENTRE)
    judge(world, dispute, RIGHT)

    (look,) = small_office.reads()
    assert (look.reader, look.what, look.consents) == (CENTRE.organisation, "DOCUMENT", (dispute.id,))


def test_evidence_is_a_living_document_of_the_firms_own_file(small_office: Office) -> None:
    world, withdrawn = small_office.world, small_office.upload(papers.pdf()).document.id
    record = penalised(world)
    world.write(documents.withdraw_document, firm(), withdrawn)

    for named in ("doc_nowhere", withdrawn):
        claim = NewDispute(record_id=record.id, claim="处罚已撤销", evidence=(named,))
        for operation, asked in (
            (repairs.apply_for_repair, application(record, named)),
            (disputes.open_dispute, claim),
        ):
            with pytest.raises(Violation, match="no document of the party") as refused:
                world.write(operation, firm(), asked)
            assert refused.value.field == "evidence/0"
