"""What guarantee can do, by what it is about: the rules, guarantors, quotes, guarantees."""
