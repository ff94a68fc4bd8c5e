"""Market rounds: their shapes, the stable outcome, its certificate and its independent check."""
