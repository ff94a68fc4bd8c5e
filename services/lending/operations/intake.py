"""Many products at once: every row is judged, and told what is wrong with it."""

from functools import partial

from libs.chassis.database import WriteTx
from libs.chassis.principal import BANK, Principal
from services.lending.domain import intake
from services.lending.domain.intake import ImportProducts, ImportReport, ImportRow, RowOutcome
from services.lending.operations.products import register_product


def import_products(tx: WriteTx, by: Principal, asked: ImportProducts) -> ImportReport:
    """Register every row of a CSV. Bad rows are told with their cell; good ones are kept unless the caller says
    otherwise (`dry_run`, or `all_or_nothing` and a bad row)."""
    by.require(*BANK)
    parsed = list(intake.parse(asked.csv))
    rejected = sum(row.product is None for row in parsed)
    keep = not (asked.dry_run or (asked.all_or_nothing and rejected))
    rows = tuple(_import_row(tx, by, row, keep) for row in parsed)
    accepted = sum(row.outcome is RowOutcome.ACCEPTED for row in rows)
    return ImportReport(accepted=accepted, rejected=rejected, rows=rows)


def _import_row(tx: WriteTx, by: Principal, row: intake.Parsed, keep: bool) -> ImportRow:
    told = partial(ImportRow, row=row.row, external_id=row.external_id)
    if row.violation is not None:
        wrong = row.violation
        return told(outcome=RowOutcome.REJECTED, field=wrong.field, message=wrong.message, mend=wrong.mend)
    if row.product is None or not keep:
        return told(outcome=RowOutcome.NOT_KEPT)
    product = register_product(tx, by, row.product)
    return told(outcome=RowOutcome.ACCEPTED, product_id=product.id)
