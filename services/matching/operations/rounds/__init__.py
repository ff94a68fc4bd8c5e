"""Market rounds: opened, entered, closed, told."""
