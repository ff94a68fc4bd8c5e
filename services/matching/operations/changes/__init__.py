"""What-ifs and counterfactuals."""
