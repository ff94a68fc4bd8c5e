"""Matching: which loans, with which guarantee and pledge, fit a firm, what they cost in all, and why."""
