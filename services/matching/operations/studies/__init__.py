"""The laboratory and the reach of a product: whole populations before and after."""
