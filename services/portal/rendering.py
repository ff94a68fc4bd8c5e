"""Pages from templates: Jinja2 with autoescape, strict about names, one environment per language."""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from libs.chassis.plain import seen
from rongqiao.lending.v1 import lending_pb2 as lending
from services.portal.choices import input_unit
from services.portal.codes import TONES, code
from services.portal.dossier import in_force
from services.portal.forms import new_key
from services.portal.names import Names
from services.portal.speech import Speech
from services.portal.wording import LANGUAGES, Wording, wording

_FOLDER = Path(__file__).parent
STATIC = _FOLDER / "static"


def environments(names: Names) -> dict[str, Environment]:
    return {language: _environment(wording(language), names) for language in LANGUAGES}


def _environment(words: Wording, names: Names) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=seen,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    speech = Speech(words, names)
    environment.filters.update(speech.filters())
    known = cast("dict[str, Any]", environment.globals)
    known.update(speech.functions())
    known.update(
        t=words,
        code=code,
        tones=TONES,
        static=static,
        new_key=new_key,
        in_force=in_force,
        input_unit=input_unit,
        good_rows=good_rows,
    )
    return environment


def good_rows(report: lending.ImportReport) -> int:
    """Rows without a mistake, whether the report kept them or only tried."""
    return sum(row.outcome != lending.ROW_OUTCOME_REJECTED for row in report.rows)


@cache
def static(name: str) -> str:
    """The address of a file of static/, which changes with its content."""
    digest = sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?{digest}"
