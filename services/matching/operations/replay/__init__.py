"""Answers computed again, and rulebooks that were corrected afterwards."""
