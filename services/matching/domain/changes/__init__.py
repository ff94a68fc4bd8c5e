"""What would be otherwise: what-ifs, and the least changes after which a product fits."""
