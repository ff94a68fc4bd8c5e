"""A report as one HTML file: Chinese first, English second, pictures inside, nothing to fetch."""

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

_STYLE = """
body{font-family:system-ui,'Noto Sans CJK SC','Microsoft YaHei',sans-serif;max-width:62rem;margin:2rem auto;
padding:0 1rem;color:#1b2733;line-height:1.5}
h1{font-size:1.5rem} h2{font-size:1.15rem;border-bottom:1px solid #d5dbe1;margin-top:2rem}
h3{font-size:1rem;margin-bottom:.2rem} .en{color:#5b6b7a;font-weight:normal}
table{border-collapse:collapse;margin:.6rem 0;font-size:.9rem}
th,td{border-bottom:1px solid #e3e8ed;padding:.25rem .7rem;text-align:left}
td.n{text-align:right;font-variant-numeric:tabular-nums} .scroll{overflow-x:auto}
.bad{color:#a4161a;font-weight:600} .good{color:#1b6e3c;font-weight:600}
img{max-width:100%} figure{margin:.6rem 0} figcaption{font-size:.85rem;color:#5b6b7a}
"""
Cell = str | float | int | None


class Page:
    def __init__(self, zh: str, en: str) -> None:
        self._title = zh
        self._parts = [f"<h1>{escape(zh)} <span class='en'>{escape(en)}</span></h1>"]

    def section(self, zh: str, en: str, level: int = 2) -> None:
        self._parts.append(f"<h{level}>{escape(zh)} <span class='en'>{escape(en)}</span></h{level}>")

    def text(self, zh: str, en: str) -> None:
        self._parts.append(f"<p>{escape(zh)}<br><span class='en'>{escape(en)}</span></p>")

    def verdict(self, good: bool, zh: str, en: str) -> None:
        kind = "good" if good else "bad"
        self._parts.append(f"<p class='{kind}'>{escape(zh)} · {escape(en)}</p>")

    def items(self, told: Iterable[str]) -> None:
        self._parts.append("<ul>" + "".join(f"<li>{escape(one)}</li>" for one in told) + "</ul>")

    def table(self, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
        heading = "".join(f"<th scope='col'>{escape(one)}</th>" for one in head)
        body = "".join("<tr>" + "".join(map(_cell, row)) + "</tr>" for row in rows)
        self._parts.append(f"<div class='scroll'><table><tr>{heading}</tr>{body}</table></div>")

    def picture(self, png: str, zh: str, en: str) -> None:
        self._parts.append(
            f"<figure><img alt='{escape(zh, quote=True)}' src='data:image/png;base64,{png}'>"
            f"<figcaption>{escape(zh)} {escape(en)}</figcaption></figure>"
        )

    def html(self) -> str:
        return (
            f"<!doctype html><html lang='zh-CN'><meta charset='utf-8'><title>{escape(self._title)}</title>"
            f"<style>{_STYLE}</style><body>{''.join(self._parts)}</body></html>"
        )

    def write(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(self.html(), encoding="utf-8")


def _cell(value: Cell) -> str:
    if isinstance(value, float):
        return f"<td class='n'>{value:.4f}</td>"
    return f"<td class='n'>{value}</td>" if isinstance(value, int) else f"<td>{escape(value or '–')}</td>"
