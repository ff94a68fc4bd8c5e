"""Files that come in a request: read once it is known who sends them, bounded, and on disk when they are large."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from libs.chassis.problems import Invalid

_FIELDS = 10


async def bounded(request: Request, most_bytes: int, mend: str) -> AsyncGenerator[bytes]:
    """The body piece by piece; Invalid with `mend` as soon as it is larger."""
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > most_bytes:
            raise Invalid(f"The file is larger than {most_bytes >> 20} MiB.", field="file", mend=mend)
        yield piece


@asynccontextmanager
async def form_of(
    request: Request, most_bytes: int, mend: str
) -> AsyncGenerator[tuple[UploadFile, FormData]]:
    """The part `file` of a multipart form, and the form; Invalid where there is none."""
    pieces = bounded(request, most_bytes, mend)
    try:
        form = await MultiPartParser(request.headers, pieces, max_files=1, max_fields=_FIELDS).parse()
    except (MultiPartException, KeyError) as error:
        mend = "Send multipart/form-data with one part named `file`."
        raise Invalid(
            f"The form cannot be read: {str(error).rstrip('.')}.", field="file", mend=mend
        ) from error
    try:
        sent = form.get("file")
        if not isinstance(sent, UploadFile):
            raise Invalid("The form holds no file.", field="file", mend="Send the file as the part `file`.")
        yield sent, form
    finally:
        await form.close()
