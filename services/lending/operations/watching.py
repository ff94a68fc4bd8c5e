"""A bank's feed seen as the applications that it tells of, each as it stands now."""

from dataclasses import dataclass

from libs.chassis.database import ReadTx
from libs.chassis.principal import Principal
from services.lending.domain.application import Application
from services.lending.operations.feed import read_feed
from services.lending.store import applications as application_store

_ABOUT = "application."


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """`position`: of the notice that told of the application."""

    position: int
    application: Application


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """`next`: where to look on from; `caught_up`: there is no more now."""

    items: tuple[Watched, ...]
    next: int
    caught_up: bool


def look(tx: ReadTx, by: Principal, after: int) -> Sight:
    """What the next page of the feed says of applications; one that it tells of twice comes once, at the later."""
    page = read_feed(tx, by, after)
    last = {notice.subject: notice.position for notice in page.items if notice.type.startswith(_ABOUT)}
    items = tuple(
        Watched(position=position, application=application_store.get(tx, subject))
        for subject, position in sorted(last.items(), key=lambda item: item[1])
    )
    return Sight(items=items, next=page.next, caught_up=page.caught_up)
