"""Who may call what: one table, and every route of every service held against it."""
