"""A bank that practises: it makes firms up and plays their part; all else goes the ordinary way, and nobody hears."""

from dataclasses import replace

from libs.chassis.database import WriteTx
from libs.chassis.principal import BANK, Principal, Role
from libs.chassis.problems import Forbidden
from libs.chassis.vault import firm_key
from libs.criteria.violation import Violation
from services.lending.domain import life
from services.lending.domain.application import Answer, Application
from services.lending.domain.sandbox import FirmMove, FirmStep, MadeUpApplication, made_up
from services.lending.operations import choices, house, rights, telling
from services.lending.store import applications as application_store
from services.lending.store import products as product_store


def open_test_application(tx: WriteTx, by: Principal, asked: MadeUpApplication) -> Application:
    """An application of a made-up firm, at the version of the product that is on sale."""
    _practising(by)
    product = product_store.get(tx, asked.product_id)
    if product.bank != by.organisation:
        raise Violation("product_id", "This is no product of yours.", "Register and publish one first.")
    product = product_store.on_market(tx, asked.product_id) or product
    party = f"person:{tx.new_id('sandbox')}"  # no firm's, whatever codes there will be
    new = made_up(asked, product, tx.new_id("req"), party, firm_key(party))
    opened = life.submitted(new, product, tx.new_id("app"), tx.now, tx.today)
    application = replace(house.route(tx, opened, product.terms.branches), sandbox=True)
    application_store.insert(tx, application)
    telling.tell(tx, application)
    return application


def play_firm(tx: WriteTx, by: Principal, application_id: str, move: FirmMove) -> Application:
    """What the firm would do next: answer the bank's question, accept its offer, or step back."""
    _practising(by)
    application = application_store.get(tx, application_id)
    rights.may_act(tx, by, application.bank, application.branch)
    firm = Principal("acc_sandbox_firm", Role.SME, application.party, sandbox=True)
    if move.step is FirmStep.ANSWER:
        return choices.answer_question(tx, firm, application_id, Answer(answer=move.answer or "见附件。"))
    step = choices.accept_offer if move.step is FirmStep.ACCEPT_OFFER else choices.withdraw_application
    return step(tx, firm, application_id)


def _practising(by: Principal) -> None:
    by.require(*BANK)
    if not by.sandbox:
        raise Forbidden(
            "Your bank is no sandbox.",
            mend="Ask the operator for a second organisation with sandbox: true, and sign in with its account.",
        )
