"""Text as people may be shown it: a name that somebody chose must not rearrange the page around it."""

import unicodedata

# Controls, marks that turn the direction of what follows, and what shows nothing at all.
_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn"))
_KEPT = "\n\t"


def seen(value: object) -> object:
    """Text without what cannot be seen, markup of our own and anything else as it is: `finalize` of Jinja."""
    if type(value) is not str or (value.isascii() and value.isprintable()):
        return value
    return "".join(sign for sign in value if sign in _KEPT or unicodedata.category(sign) not in _UNSEEN)
