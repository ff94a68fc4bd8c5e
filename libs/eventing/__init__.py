"""Events between services: committed with the state that made them true, effective once, in order per subject."""
