"""HTML on stdin, PDF on stdout: `python -m services.credit.report.pdf`. A process of its own, since the libraries that
draw are large, written in C, and have no business in a process that serves.

Whatever the page names is not fetched: it may open neither network nor file.
"""

import resource
import sys
from typing import Any

MEMORY, SECONDS = 2 << 30, 60  # bytes of address space; seconds of processor time


def pdf_of(html: str) -> bytes:
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    nothing = URLFetcher(allowed_protocols=(), allow_redirects=False)
    page: Any = HTML(string=html, base_url=None, url_fetcher=nothing)  # the library carries no types
    return page.write_pdf(pdf_tags=True)


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    sys.stdout.buffer.write(pdf_of(sys.stdin.buffer.read().decode()))


if __name__ == "__main__":
    main()
