"""What a loan would cost, before anybody asks for it: nothing is kept."""

from libs.chassis.database import ReadTx
from libs.chassis.principal import Principal
from libs.chassis.problems import NotFound
from libs.registry.lpr import lpr_on
from services.lending.domain.cost import CostQuestion, LoanCost, Lpr, LprQuestion
from services.lending.domain.cost_sheet import cost_of
from services.lending.operations import products


def quote_cost(tx: ReadTx, by: Principal, asked: CostQuestion) -> LoanCost:
    """The sheet of a loan under a product that the caller may see, or under free terms."""
    if asked.product_id is None:
        return cost_of(asked, None, tx.today)
    if asked.product_version is None:
        return cost_of(asked, products.get_product(tx, by, asked.product_id), tx.today)
    versions = products.list_versions(tx, by, asked.product_id).items
    version = next((one for one in versions if one.version == asked.product_version), None)
    if version is None:
        why = f"There is no version {asked.product_version} of {asked.product_id}."
        raise NotFound(why, field="product_version")
    return cost_of(asked, version, tx.today)


def get_lpr(tx: ReadTx, by: Principal, asked: LprQuestion) -> Lpr:
    """The LPR of a day (None: today); Violation before the first publication, never zero."""
    day = asked.on or tx.today
    found = lpr_on(asked.tenor, day)
    return Lpr(
        tenor=asked.tenor, on=day, rate_ppm=found.rate_ppm, published_on=found.published_on, stale=found.stale
    )
