"""Matching over gRPC, a servicer for each proto service."""
