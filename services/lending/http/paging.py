"""How lists are asked for."""

from typing import Annotated

from fastapi import Query

Limit = Annotated[int, Query(description="Items on a page, 200 at most; 0: the default of 50")]
Cursor = Annotated[
    str | None, Query(description="The `next_cursor` of the page before; none: from the beginning")
]
