"""`rongqiao check` finds what it is for, says where it stands and how to mend it."""

from pathlib import Path
from shutil import copytree

import pytest

from app import checks, deployment, proto_baseline
from app.assembly import SERVICES

ROOT = Path(__file__).resolve().parents[3]


# The contracts


@pytest.fixture
def contracts(tmp_path: Path) -> Path:
    """A copy of proto/ with its own present as the baseline."""
    copytree(ROOT / "proto", tmp_path / "proto")
    proto_baseline.write(tmp_path)
    return tmp_path


def rewrite(root: Path, old: str, new: str, context: str = "lending") -> None:
    file = root / "proto" / "rongqiao" / context / "v1" / f"{context}.proto"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_contracts_that_did_not_change_break_nothing(contracts: Path) -> None:
    assert proto_baseline.compare(contracts) == ([], [])


BROKEN = {
    "a field that is gone": (
        "  int64 cap_bp = 2;  // of the appraised value\n",
        "",
        "rongqiao.lending.v1.IpPledgeCap.cap_bp (int64 with number 2) is gone.",
    ),
    "a field with another number": (
        "int64 cap_bp = 2;",
        "int64 cap_bp = 3;",
        "IpPledgeCap.cap_bp was int64 with number 2, is int64 with number 3.",
    ),
    "a field of another type": (
        "int64 cap_bp = 2;",
        "int32 cap_bp = 2;",
        "IpPledgeCap.cap_bp was int64 with number 2, is int32 with number 2.",
    ),
    "a field that became a list": (
        "int64 cap_bp = 2;",
        "repeated int64 cap_bp = 2;",
        "IpPledgeCap.cap_bp was int64 with number 2, is repeated int64 with number 2.",
    ),
    "a field that may be left out now": (
        "int64 cap_bp = 2;",
        "optional int64 cap_bp = 2;",
        "IpPledgeCap.cap_bp was int64 with number 2, is optional int64 with number 2.",
    ),
    "a field with another name": (
        "int64 cap_bp = 2;",
        "int64 limit_bp = 2;",
        "IpPledgeCap.cap_bp (int64 with number 2) is gone.",
    ),
    "a field of another message": (
        "  Rate rate = 9;",
        "  Fee rate = 9;",
        "ProductTerms.rate was rongqiao.lending.v1.Rate with number 9, is rongqiao.lending.v1.Fee with number 9.",
    ),
    "an enum value that is gone": (
        "  PRODUCT_FLAG_SRDI = 16;\n",
        "",
        "rongqiao.lending.v1.ProductFlag.PRODUCT_FLAG_SRDI (number 16) is gone.",
    ),
    "an enum value with another number": (
        "PRODUCT_FLAG_SRDI = 16;",
        "PRODUCT_FLAG_SRDI = 17;",
        "ProductFlag.PRODUCT_FLAG_SRDI was number 16, is number 17.",
    ),
    "a call that is gone": (
        "  rpc Repay(RepayRequest) returns (Loan);\n",
        "",
        "rongqiao.lending.v1.Lending.Repay (.rongqiao.lending.v1.RepayRequest -> .rongqiao.lending.v1.Loan) is gone.",
    ),
    "a call with another answer": (
        "rpc Repay(RepayRequest) returns (Loan);",
        "rpc Repay(RepayRequest) returns (Application);",
        "Lending.Repay was .rongqiao.lending.v1.RepayRequest -> .rongqiao.lending.v1.Loan, is",
    ),
}


@pytest.mark.parametrize(("old", "new", "told"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_promise_is_named_with_its_mend(contracts: Path, old: str, new: str, told: str) -> None:
    rewrite(contracts, old, new)

    broken, _ = proto_baseline.compare(contracts)

    assert [line for line in broken if told in line]
    assert all("Bring it back" in line or "Undo it" in line for line in broken)


def test_a_message_that_is_gone_is_named_with_all_its_parts(contracts: Path) -> None:
    (contracts / "proto" / "rongqiao" / "matching" / "v1" / "events.proto").unlink()

    broken, _ = proto_baseline.compare(contracts)

    assert any(
        line.startswith("rongqiao.matching.v1.RecommendationGiven (a message) is gone") for line in broken
    )


def test_what_is_added_breaks_nothing(contracts: Path) -> None:
    rewrite(contracts, "int64 cap_bp = 2;", "int64 cap_bp = 2; string colour = 3;")
    rewrite(contracts, "PRODUCT_FLAG_SRDI = 16;", "PRODUCT_FLAG_SRDI = 16; PRODUCT_FLAG_EXPORT = 17;")
    rewrite(contracts, "rpc Repay", "rpc Forgive(RepayRequest) returns (Loan);\n  rpc Repay")

    broken, added = proto_baseline.compare(contracts)

    assert broken == []
    assert added == [
        "rongqiao.lending.v1.IpPledgeCap.colour",
        "rongqiao.lending.v1.ProductFlag.PRODUCT_FLAG_EXPORT",
        "rongqiao.lending.v1.Lending.Forgive",
    ]


def test_a_baseline_that_is_renewed_on_purpose_holds_what_is_there(contracts: Path) -> None:
    rewrite(contracts, "int64 cap_bp = 2;", "int32 cap_bp = 2;")

    proto_baseline.write(contracts)

    assert proto_baseline.compare(contracts) == ([], [])


def test_a_file_that_protoc_refuses_is_no_contract(contracts: Path) -> None:
    rewrite(contracts, "int64 cap_bp = 2;", "int64 cap_bp = 2")

    with pytest.raises(proto_baseline.BrokenContract):
        proto_baseline.compare(contracts)


def test_the_contracts_of_this_tree_keep_their_promises(capsys: pytest.CaptureFixture[str]) -> None:
    code = checks.run("proto")

    assert (code, capsys.readouterr().out.splitlines()[-1][:28]) == (0, "proto: 0 promises broken")


# The files of deployment

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      securityContext: {{runAsNonRoot: true}}
      containers:
        - name: {name}
          image: rongqiao:1
          args: [serve, {name}]
          securityContext: {{readOnlyRootFilesystem: true}}
"""
DOCKERFILE = """
FROM python:3.11-slim AS build
RUN pip install \\
    something
FROM build
USER 10001:10001
"""


@pytest.fixture
def deploy(tmp_path: Path) -> Path:
    """A sound deploy/ with nothing more than it needs."""
    base, overlay = tmp_path / "k8s" / "base", tmp_path / "k8s" / "overlays" / "small"
    for folder in (base, overlay):
        folder.mkdir(parents=True)
    names = [f"{name}.yaml" for name in SERVICES]
    for name in SERVICES:
        (base / f"{name}.yaml").write_text(DEPLOYMENT.format(name=name))
    (base / "kustomization.yaml").write_text(f"resources: [{', '.join(names)}]")
    (overlay / "kustomization.yaml").write_text("resources: [../../base]\npatches: [{path: replicas.yaml}]")
    (overlay / "replicas.yaml").write_text(patch("replicas: 2"))
    services = "\n".join(f"  {name}: {{image: rongqiao:1, command: serve {name}}}" for name in SERVICES)
    (tmp_path / "compose.yaml").write_text(f"services:\n{services}")
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    return tmp_path


def patch(spec: str) -> str:
    return f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: lending}}\nspec: {{{spec}}}"


def spoil(deploy: Path, file: str, old: str, new: str) -> None:
    text = (deploy / file).read_text()
    assert old in text
    (deploy / file).write_text(text.replace(old, new))


def test_sound_files_have_no_mistakes(deploy: Path) -> None:
    assert deployment.mistakes(deploy) == []


LENDING = "k8s/base/lending.yaml"
PATCH = "k8s/overlays/small/replicas.yaml"
SPOILED = {
    "a field that Kubernetes has not": (LENDING, "image:", "picture:", "picture"),
    "a number for a text": (LENDING, "image: rongqiao:1", "image: 1", "1 is not of type"),
    "a kind that Kubernetes has not": (LENDING, "kind: Deployment", "kind: Fleet", "find schema for kind Fleet"),
    "a container that is root": (LENDING, "runAsNonRoot: true", "runAsNonRoot: false", "lacks runAsNonRoot"),
    "a container that writes": (LENDING, "readOnlyRootFilesystem: true", "privileged: false", "lacks readOnlyRoot"),
    "a service that nothing runs": (LENDING, "serve, lending", "serve, matching", "runs `rongqiao serve lending`"),
    "a resource that is not there": ("k8s/base/kustomization.yaml", "credit.yaml", "debit.yaml", "debit.yaml is not"),
    "a patch of nothing": (PATCH, "name: lending", "name: landing", "no Deployment landing to patch"),
    "a patch that does not fit": (PATCH, "replicas: 2", "replicas: many", "'many' is not of type"),
    "a patch that is not there": (
        "k8s/overlays/small/kustomization.yaml", "path: replicas", "path: copies", "patch copies.yaml is not there",
    ),
    "a compose service that is gone": ("compose.yaml", "serve matching", "serve nobody", "compose.yaml: nothing runs"),
    "an image of today": ("Dockerfile", "python:3.11-slim", "python", "FROM python is another image"),
    "an image that is root": ("Dockerfile", "USER 10001:10001", "USER root", "runs as root"),
}  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "told"), SPOILED.values(), ids=SPOILED.keys())
def test_a_mistake_is_named_with_its_file_and_mend(
    deploy: Path, file: str, old: str, new: str, told: str
) -> None:
    spoil(deploy, file, old, new)

    found = deployment.mistakes(deploy)

    assert [line for line in found if told in line]
    assert all(line.startswith(str(deploy)) and line.endswith(".") for line in found)


def test_a_compose_service_that_waits_for_nobody_is_told(deploy: Path) -> None:
    spoil(deploy, "compose.yaml", "serve lending}", "serve lending, depends_on: [postgers]}")

    (told,) = deployment.mistakes(deploy)

    assert "lending depends on postgers, which is not there" in told


def test_an_empty_folder_is_no_deployment(tmp_path: Path) -> None:
    told = deployment.mistakes(tmp_path)

    assert [line.split()[0] for line in told] == [
        str(tmp_path / "k8s"),
        str(tmp_path / "compose.yaml"),
        str(tmp_path / "Dockerfile"),
    ]
