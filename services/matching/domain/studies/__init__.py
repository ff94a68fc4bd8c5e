"""Questions about all firms, and what of their answers may be told."""
