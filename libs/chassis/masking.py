"""Takes out of a text whatever tells who somebody is, or lets somebody in."""

import re

# Each keeps the word that says what stood there. An amount of eleven digits may look like a phone; that is no loss.
_PERSONAL = (
    (re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)"), "<phone>"),
    (re.compile(r"(?i)\bperson(?::|%3A)[A-Za-z0-9_-]{6,64}"), "<person>"),  # opaque, but one human being's
    (re.compile(r"(?<!\d)\d{17}[\dXx](?![\dA-Za-z])"), "<id-number>"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), "<token>"),
    (re.compile(r"(?i)(bearer\s+)[\w.~+/=-]+"), r"\1<token>"),
    (
        re.compile(
            r"""(?ix) (["']? (?:password|passwd|secret|access_token|api_key) ["']? \s* [:=] \s*)
            (?: "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' | [^\s,;&(){}\[\]"']+ )"""
        ),
        r"\1<secret>",
    ),
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+"), "<mail>"),
)


def masked(text: str) -> str:
    for pattern, instead in _PERSONAL:
        text = pattern.sub(instead, text)
    return text
