"""What `make bench` measures: our parts beside their peers, in one run on one machine."""
