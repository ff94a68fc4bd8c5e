"""How long tests wait for what must come. Only a failure waits it out, so it is long enough for a busy machine."""

SECONDS = 120.0
MILLISECONDS = SECONDS * 1000  # as browsers count
