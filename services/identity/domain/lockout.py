"""How long a login has to wait after wrong passwords: guessing is hopeless, forgetting bearable."""

from datetime import timedelta

FREE_TRIES = 5
FORGOTTEN_AFTER = timedelta(days=1)
_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(minutes=15)


def pause_after(failures: int) -> timedelta:
    """Nothing for the first tries; then half a minute, doubled with each further failure up to a quarter of an hour."""
    if failures < FREE_TRIES:
        return timedelta()
    doubled = min(failures - FREE_TRIES, 10)
    return min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**doubled)
