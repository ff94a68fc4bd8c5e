"""What credit can do: one function per use case. Each loads, lets the domain decide, stores, marks the summary stale.

access: who may write · files: who a party is, and facts about it · invoices · consents · reading: what others may
look at, and the score · summaries: what matching is told.
"""
