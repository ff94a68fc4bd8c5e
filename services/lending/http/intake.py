"""Products from files and into files, over HTTP."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.responses import StreamingResponse

from libs.chassis.http import Caller
from services.lending.domain.intake.files import MEDIA_TYPES, Format
from services.lending.domain.intake.report import ImportProducts, ImportReport
from services.lending.domain.product import ProductStatus
from services.lending.http.uploads import BODY, Uploaded
from services.lending.operations import exports, intake

router = APIRouter(prefix="/v1")

OnError = Annotated[
    Literal["abort", "continue"],
    Query(description="What a bad row does: `continue` keeps the good ones, `abort` keeps none"),
]
DryRun = Annotated[bool, Query(description="Judge every row and keep none")]


def _told(*formats: Format) -> dict[int | str, dict[str, Any]]:
    """What the API description says of an answer that is a file."""
    return {200: {"content": {_media_type(kind): {"schema": {"type": "string"}} for kind in formats}}}


def _media_type(kind: Format) -> str:
    return next(media_type for media_type, known in MEDIA_TYPES.items() if known is kind)


@router.post("/products/import")
def import_products(body: ImportProducts, call: Caller) -> ImportReport:
    """Register every row of a CSV that comes as a text. Files of any format go to `POST /v1/products/imports`."""
    with intake.judged(call.principal, intake.text(body), call.today) as judged:
        return call.write(intake.import_products, judged)


@router.post("/products/imports", openapi_extra=BODY)
def import_file(
    upload: Uploaded, call: Caller, dry_run: DryRun = False, on_error: OnError = "continue"
) -> ImportReport:
    """Register every product of a file: CSV, XLSX, a JSON array, or JSON lines. Every mistake names its cell or JSON
    pointer, the rule, and what to do. The key of a repeat must come with the very same file."""
    sent = intake.Sent(
        file=upload.file,
        kind=upload.kind,
        encoding=upload.encoding,
        dry_run=dry_run,
        all_or_nothing=on_error == "abort",
    )
    with intake.judged(call.principal, sent, call.today) as judged:
        return call.write(intake.import_products, judged)


@router.get("/products/template.csv", response_class=StreamingResponse, responses=_told(Format.CSV))
def csv_template(call: Caller) -> StreamingResponse:
    """The header of a CSV of products, and an example."""
    return _file(exports.template(Format.CSV), Format.CSV, "products")


@router.get("/products/template.xlsx", response_class=StreamingResponse, responses=_told(Format.XLSX))
def xlsx_template(call: Caller) -> StreamingResponse:
    """The same as a workbook, with what each column takes, its codes, and the facts that criteria may speak of."""
    return _file(exports.template(Format.XLSX), Format.XLSX, "products")


@router.get(
    "/products/export",
    response_class=StreamingResponse,
    responses=_told(Format.JSON, Format.CSV, Format.XLSX),
)
def export_products(
    call: Caller,
    format: Annotated[Literal["json", "csv", "xlsx"], Query(description="The format of the file")] = "json",
    status: ProductStatus | None = None,
) -> StreamingResponse:
    """The bank's own products in their newest versions. Importing the file changes nothing."""
    kind = Format(format.upper())
    return _file(call.read(exports.export_products, kind, status), kind, "products")


def _file(sent: exports.File, kind: Format, name: str) -> StreamingResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind.lower()}"'}
    return StreamingResponse(sent.pieces(), media_type=_media_type(kind), headers=headers)
