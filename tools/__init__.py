"""Set-up and its helpers. Standard library only: they run before anything is installed."""
