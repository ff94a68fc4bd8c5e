"""A world as a sweep asks for it. Imports the compiled sweep: for processes of their own, never for one that serves."""

from services.matching.catalogue import Catalogue
from services.matching.domain.firm import Firm
from services.matching.index.population import Population
from services.matching.index.population_security import Guarantees
from services.matching.index.settings import Fees
from services.matching.index.sweep import Conditions, Layout, Market, Swept, sweep
from services.matching.operations.asking import LENDING
from services.matching.operations.studies.worlds import World


def swept(world: World, catalogue: Catalogue, population: Population, layout: Layout | None = None) -> Swept:
    """Of every firm how many products fit, and the best."""
    market = Market(products=world.products, conditions=conditions(world, catalogue), layout=layout)
    return sweep(population, market, top=1)


def conditions(world: World, catalogue: Catalogue) -> Conditions:
    rules = world.rules

    def fees(firm: Firm, amount_fen: int, term_months: int) -> Fees | None:
        return catalogue.fees_under(catalogue.covers(firm, amount_fen, term_months, rules.today))

    labels = {label for one in world.programmes for label in (*one.labels, *one.labels_excluded)}
    return Conditions(
        today=rules.today,
        base_ppm=rules.base_ppm,
        model=rules.model,
        ranking=rules.ranking,
        guarantees=Guarantees(fees=fees, labels=tuple(sorted(labels))),
        kinds=LENDING,
    )
