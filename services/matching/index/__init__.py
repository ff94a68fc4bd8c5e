"""The index: every product in force as integer columns, and the bit planes that answer a request."""
