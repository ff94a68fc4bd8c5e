import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import services
from rongqiao.common.v1 import common_pb2 as common
from rongqiao.coordination.v1 import coordination_pb2 as coordination
from rongqiao.credit.v1 import credit_pb2 as credit
from rongqiao.credit.v1 import documents_pb2 as documents
from rongqiao.credit.v1 import repairs_pb2 as repairs
from rongqiao.credit.v1 import scores_pb2 as scores
from rongqiao.guarantee.v1 import guarantee_pb2 as guarantee
from rongqiao.identity.v1 import identity_pb2 as identity
from rongqiao.lending.v1 import lending_pb2 as lending
from rongqiao.matching.v1 import matching_pb2 as matching
from rongqiao.oversight.v1 import oversight_pb2 as oversight
from services.portal import choices, troubles
from services.portal.audiences import AUDIENCES
from services.portal.codes import enum_codes
from services.portal.wording import LANGUAGES, wording

PORTAL = Path(str(troubles.__file__)).parent
ROOT = Path(services.__path__[0]).parent

SHOWN = (
    common.OwnerKind,
    common.Size,
    coordination.RequestStatus,
    coordination.ReferralStatus,
    coordination.CaseStatus,
    credit.Source,
    credit.Purpose,
    credit.ReadKind,
    credit.IpRightKind,
    credit.RecordKind,
    credit.RecordState,
    credit.Severity,
    documents.DocumentKind,
    documents.DocumentState,
    documents.ContentFormat,
    repairs.RepairStatus,
    repairs.DisputeStatus,
    scores.BasisKind,
    scores.CardKind,
    scores.CardState,
    scores.CardAction,
    scores.CardDecision,
    guarantee.GuaranteeStatus,
    guarantee.Status,
    identity.OrganisationKind,
    identity.OrganisationStatus,
    identity.Role,
    lending.ProductKind,
    lending.ProductFlag,
    lending.ProductStatus,
    lending.RowOutcome,
    lending.RepaymentMethod,
    lending.GuaranteeMode,
    lending.FeePayee,
    lending.FeePayer,
    lending.CollateralKind,
    lending.Channel,
    lending.RateReset,
    lending.FeeTiming,
    lending.Disclosure,
    lending.ApplicationStatus,
    lending.Cover,
    matching.Family,
    oversight.Dimension,
    oversight.Measure,
)


def test_both_languages_have_the_same_texts_with_the_same_places() -> None:
    chinese, english = (
        {key: set(re.findall(r"\{(\w+)\}", text)) for key, text in wording(language).table.items()}
        for language in LANGUAGES
    )
    assert chinese == english


def test_no_language_gives_a_key_twice() -> None:
    """A later one would silently take the place of the earlier."""
    for language in LANGUAGES:
        tree = yaml.compose((PORTAL / "texts" / f"{language}.yaml").read_text(encoding="utf-8"))
        assert list(repeated(tree)) == []


def repeated(node: Any) -> Iterator[str]:
    if isinstance(node, yaml.MappingNode):
        names = [key.value for key, _ in node.value]
        yield from (name for name in set(names) if names.count(name) > 1)
        for _, value in node.value:
            yield from repeated(value)


@pytest.mark.parametrize("kind", SHOWN, ids=lambda kind: kind.DESCRIPTOR.name)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_that_a_page_shows_has_a_word(kind: Any, language: str) -> None:
    descriptor = kind.DESCRIPTOR
    words = wording(language)
    missing = [code for code in enum_codes(descriptor) if f"code.{descriptor.name}.{code}" not in words]
    assert [code for code in missing if code != "SERVICE"] == []  # services sign in nowhere


def test_every_text_that_a_template_names_is_there() -> None:
    named = {
        key
        for template in (PORTAL / "templates").rglob("*.html")
        for key in re.findall(r"""\bt\(["']([\w.]+?)["']\s*[,)]""", template.read_text(encoding="utf-8"))
    }
    assert len(named) > 200
    assert sorted(key for key in named if key not in wording("zh")) == []


def test_every_menu_field_and_reason_has_its_words() -> None:
    words = wording("zh")
    keys = [f"menu.{key}" for audience in AUDIENCES for _, key in audience.menu]
    keys += [f"audience.{audience.name}" for audience in AUDIENCES]
    keys += [f"unit.{choices.input_unit(kind.name)}" for kind in choices.declared_facts()]
    assert [key for key in keys if key not in words] == []


def test_every_sentence_of_the_phrasebook_is_one_that_a_service_says() -> None:
    said = set(sentences())
    unsaid = [phrase for phrase in troubles.read("phrases") if not any(fits(phrase, text) for text in said)]
    assert unsaid == []


def fits(phrase: str, text: str) -> bool:
    """Whether the phrase's fixed parts stand in the text in their order; a place in the code is a zero byte."""
    parts = [re.escape(part) for part in re.split(r"\{\w+\}", phrase)]
    return re.fullmatch("\0".join(parts), text) is not None


def sentences() -> Iterator[str]:
    for folder in ("services", "libs"):
        for source in (ROOT / folder).rglob("*.py"):
            if "contracts" not in source.parts:
                yield from strings(ast.parse(source.read_text(encoding="utf-8")))


def strings(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "\0" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
