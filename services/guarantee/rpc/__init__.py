"""Guarantee over gRPC, a module for each of its services: the same operations."""
