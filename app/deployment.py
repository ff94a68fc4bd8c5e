"""Looks at the files under deploy/ without a cluster: Kubernetes' own schemas, and what our files promise."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import yaml

from app.assembly import SERVICES

KUBERNETES = "1.34"
KUSTOMIZE = "kustomization.yaml"

Object = dict[str, Any]


def mistakes(deploy: Path) -> list[str]:
    """What is wrong under deploy/, each with its file and its mend."""
    found: list[str] = []
    for look in (_kubernetes, _compose, _dockerfile):
        found += look(deploy)
    return found


def _kubernetes(deploy: Path) -> Iterator[str]:
    folder = deploy / "k8s"
    files = sorted(folder.rglob("*.yaml"))
    if not files:
        yield f"{folder} holds no YAML. Put the base and its overlays there."
        return
    patches = {path for file in files if file.name == KUSTOMIZE for path in _patches(file)}
    for file in files:
        if file.name == KUSTOMIZE:
            yield from _kustomization(file)
        elif file.resolve() not in patches:
            yield from _objects(file)
    yield from _all_services(folder)


def _load(file: Path) -> list[Object]:
    return [found for found in yaml.safe_load_all(file.read_text(encoding="utf-8")) if found]


def _patches(file: Path) -> Iterator[Path]:
    for kustomization in _load(file):
        for patch in kustomization.get("patches", []):
            if "path" in patch:
                yield (file.parent / patch["path"]).resolve()


def _kustomization(file: Path) -> Iterator[str]:
    """What it names is there, and each patch fits a resource: the two together are held against the schema."""
    for kustomization in _load(file):
        named = [*kustomization.get("resources", []), *kustomization.get("components", [])]
        for name in named:
            if not (file.parent / name).exists():
                yield f"{file}: resource {name} is not there. Add the file, or take the line out."
    known = {_name(found): found for found in _resources(file)}
    for path in _patches(file):
        if not path.exists():
            yield f"{file}: patch {path.name} is not there. Add the file, or take the line out."
            continue
        for patch in _load(path):
            if _name(patch) in known:
                yield from _against_schema(path, _merged(known[_name(patch)], patch))
            else:
                yield f"{path}: there is no {_name(patch)} to patch. Name an object of the base."


def _resources(file: Path) -> Iterator[Object]:
    """Every object that a kustomization brings in."""
    for kustomization in _load(file):
        for name in kustomization.get("resources", []):
            path = file.parent / name
            if path.is_dir():
                yield from _resources(path / KUSTOMIZE)
            elif path.exists():
                yield from _load(path)


def _name(found: Object) -> str:
    return f"{found.get('kind')} {found.get('metadata', {}).get('name')}"


def _merged(base: Any, patch: Any) -> Any:
    """A strategic merge: objects by key, lists of named things by name, all else replaced."""
    if isinstance(base, dict) and isinstance(patch, dict):
        old, new = cast(Object, base), cast(Object, patch)
        return old | {key: _merged(old.get(key), value) for key, value in new.items()}
    if _is_named(base) and _is_named(patch):
        changed = {part["name"]: part for part in cast(list[Object], patch)}
        kept = [_merged(part, changed.pop(part["name"], {})) for part in cast(list[Object], base)]
        return [*kept, *changed.values()]
    return patch


def _is_named(value: Any) -> bool:
    if not isinstance(value, list):
        return False
    return all(isinstance(part, dict) and "name" in part for part in cast(list[Any], value))


def _objects(file: Path) -> Iterator[str]:
    for found in _load(file):
        yield from _against_schema(file, found)
        yield from _safe(file, found)


def _against_schema(file: Path, found: Object) -> Iterator[str]:
    import kubernetes_validate as schemas  # of the dev lock: serving does not need it

    try:
        schemas.validate(found, KUBERNETES, strict=True)
    except schemas.ValidationError as error:
        where = ".".join(str(part) for part in error.path)
        yield f"{file}: {_name(found)}: {where}: {error.message}. Mend it as Kubernetes {KUBERNETES} has it."
    except schemas.SchemaNotFoundError as error:
        yield f"{file}: {error.message}. Use a kind that Kubernetes itself has."
    except KeyError as error:
        yield f"{file}: an object has no {error}. Give it apiVersion and kind."


def _pods(found: Object) -> Iterator[Object]:
    spec = found.get("spec", {})
    template = spec.get("jobTemplate", {}).get("spec", spec).get("template")
    if template:
        yield template.get("spec", {})


def _safe(file: Path, found: Object) -> Iterator[str]:
    """No container is root or writes to its own image."""
    for pod in _pods(found):
        for container in pod.get("containers", []):
            rules = pod.get("securityContext", {}) | container.get("securityContext", {})
            for rule in ("runAsNonRoot", "readOnlyRootFilesystem"):
                if rules.get(rule) is not True:
                    yield f"{file}: {_name(found)}: {container.get('name')} lacks {rule}. Set it to true."


def _all_services(folder: Path) -> Iterator[str]:
    objects = [found for file in folder.rglob("*.yaml") if file.name != KUSTOMIZE for found in _load(file)]
    served = [
        _words(container)
        for found in objects
        for pod in _pods(found)
        for container in pod.get("containers", [])
    ]
    for service in SERVICES:
        if not any(_serves(words, service) for words in served):
            yield f"{folder}: nothing runs `rongqiao serve {service}`. Add its Deployment."


def _words(container: Mapping[str, Any]) -> list[str]:
    given: list[Any] = [container.get(key) or [] for key in ("entrypoint", "command", "args")]
    return " ".join(part if isinstance(part, str) else " ".join(map(str, part)) for part in given).split()


def _serves(words: Sequence[str], service: str) -> bool:
    return ("serve", service) in pairwise(words)


def _compose(deploy: Path) -> Iterator[str]:
    file = deploy / "compose.yaml"
    if not file.exists():
        yield f"{file} is not there. Write the services of the full mode into it."
        return
    services: dict[str, Object] = _load(file)[0].get("services", {})
    for service in SERVICES:
        if not any(_serves(_words(container), service) for container in services.values()):
            yield f"{file}: nothing runs `rongqiao serve {service}`. Add it."
    for name, container in services.items():
        for needed in container.get("depends_on", []):
            if needed not in services:
                yield f"{file}: {name} depends on {needed}, which is not there. Mend the name."


_INSTRUCTION = re.compile(r"^\s*([A-Z]+)\s+(.*)$")


def _dockerfile(deploy: Path) -> Iterator[str]:
    file = deploy / "Dockerfile"
    if not file.exists():
        yield f"{file} is not there. Write the one image of all services."
        return
    text = re.sub(r"\\\n", " ", file.read_text(encoding="utf-8"))
    lines = [found.groups() for line in text.splitlines() if (found := _INSTRUCTION.match(line))]
    stages = [number for number, (word, _) in enumerate(lines) if word == "FROM"]
    stage_names = {rest.split()[-1] for word, rest in lines if word == "FROM" and " as " in rest.lower()}
    for number in stages:
        image = lines[number][1].split()[0]
        if image not in stage_names and (":" not in image or image.endswith(":latest")):
            yield f"{file}: FROM {image} is another image every day. Name its version."
    last = lines[stages[-1] :] if stages else []
    users = [rest.strip() for word, rest in last if word == "USER"]
    if not users or users[-1].partition(":")[0] in ("root", "0"):
        yield f"{file}: the image runs as root. End with USER and a number above 0."
