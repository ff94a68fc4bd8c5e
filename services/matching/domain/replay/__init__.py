"""What an answer was computed from: market, rules and input of then, and what was corrected since."""
