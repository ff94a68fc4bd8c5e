"""What matching can do."""
