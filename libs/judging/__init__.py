"""What rooms that learn share: how good probabilities are, and reports as a page. Nothing that serves imports it."""
