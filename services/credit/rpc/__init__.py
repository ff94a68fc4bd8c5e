"""Credit over gRPC, a module for each group of methods: the same operations."""
