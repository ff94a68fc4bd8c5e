"""What keeps the pages safe in a browser: headers, cookies, and the token that every form must bring back."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


@dataclass(frozen=True)
class FormGuard:
    """Makes and checks form tokens: nobody else's page can send a form in the name of a visitor."""

    secret: bytes

    @classmethod
    def from_key(cls, key: str) -> "FormGuard":
        return cls(hmac.digest(key.encode(), b"portal forms", "sha256"))

    def token(self, visit: str, session: str) -> str:
        """Bound to the visit and to who is signed in: a token from before the sign-in is worth nothing after it."""
        return hmac.new(self.secret, f"{visit}\n{session}".encode(), sha256).hexdigest()

    def holds(self, token: str, visit: str, session: str) -> bool:
        return bool(visit) and hmac.compare_digest(token.encode(), self.token(visit, session).encode())


def inside(path: str) -> str:
    """A path of this site to go on to; the start page for everything that leads elsewhere."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if plain else "/"
