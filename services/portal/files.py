"""Files that a service gives, on to the browser: a report is shown as a page or saved, a document is always saved."""

from urllib.parse import quote

from starlette.responses import Response

# What a page that a service made may do: be looked at. It has a sheet of its own, no script, nothing to load.
SHOWN = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; sandbox"
)


def shown(content: bytes, media_type: str, name: str) -> Response:
    """A page is shown in a place where it can do nothing; anything else is saved."""
    if not media_type.startswith("text/html"):
        return saved(content, media_type, name)
    return Response(content, media_type=media_type, headers={"Content-Security-Policy": SHOWN})


def saved(content: bytes, media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
    return Response(content, media_type=media_type, headers=headers)
