"""Forms: what a person sent, and what the page shows of it when it has to come back."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from starlette.datastructures import UploadFile
from starlette.requests import Request

from libs.chassis.problems import Invalid

LARGEST_FIELD = (
    4 * 1024 * 1024 + 4
)  # bytes: a bank's file of products comes back in a field after the trial run
LARGEST_FORM = 5 * 1024 * 1024
KEY = "form_key"
CSRF = "form_token"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a form came back: what is wrong, with which field where one is to blame, and what to do."""

    text: str
    field: str | None = None
    label: str | None = None
    mend: str | None = None
    original: str | None = None  # in the words of the service, where the page has none of its own


@dataclass(frozen=True, slots=True)
class Posted:
    """A sent form. A field that did not come is empty."""

    fields: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    files: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    file_names: Mapping[str, str] = field(default_factory=dict[str, str])

    def text(self, name: str) -> str:
        return next(iter(self.fields.get(name, ())), "").strip()

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(self.fields.get(name, ()))

    def lines(self, name: str) -> tuple[str, ...]:
        """The lines of a text area that hold something."""
        return tuple(line.strip() for line in self.text(name).splitlines() if line.strip())

    def ticked(self, name: str) -> bool:
        return bool(self.text(name))

    @property
    def key(self) -> str:
        """The idempotency key that came with the form: sent twice, it acts once."""
        return self.text(KEY) or new_key()


@dataclass(frozen=True, slots=True)
class Form:
    """A form as a page shows it: values, troubles, and the idempotency key of its next sending."""

    values: Mapping[str, Sequence[str]]
    troubles: tuple[Trouble, ...] = ()
    key: str = ""

    def value(self, name: str) -> str:
        return next(iter(self.values.get(name, ())), "")

    def chosen(self, name: str, value: str) -> bool:
        return value in self.values.get(name, ())

    def trouble(self, name: str) -> Trouble | None:
        return next((trouble for trouble in self.troubles if trouble.field == name), None)


def new_key() -> str:
    return secrets.token_urlsafe(18)


def fresh(**values: str | Sequence[str]) -> Form:
    """A form to fill in, with what it holds at the start."""
    listed = {name: (value,) if isinstance(value, str) else value for name, value in values.items()}
    return Form(listed, key=new_key())


def returned(posted: Posted, troubles: Sequence[Trouble], *, new: bool = False) -> Form:
    """The form as it was sent. It keeps its key, so that a second try of a first that did arrive acts once."""
    return Form(posted.fields, tuple(troubles), new_key() if new else posted.key)


async def read(request: Request) -> Posted:
    """The form in a request; Invalid when it is too large."""
    if int(request.headers.get("content-length", "0")) > LARGEST_FORM:
        raise Invalid("The form is too large.", field="file", mend="Send at most 4 MB; split the file.")
    fields: dict[str, list[str]] = {}
    files: dict[str, bytes] = {}
    file_names: dict[str, str] = {}
    async with request.form(max_files=2, max_fields=200, max_part_size=LARGEST_FIELD) as form:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                files[name] = await value.read()
                file_names[name] = value.filename or ""
            else:
                fields.setdefault(name, []).append(value)
    return Posted(fields, files, file_names)
