"""Many requests at once: taken in, worked off, told."""
