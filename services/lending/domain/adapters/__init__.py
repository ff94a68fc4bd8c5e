"""Products that banks publish in other formats, as drafts of ours: what a format does not say is reported, not made up.

reading      careful ways into JSON of any shape, amounts and rates as those formats write them
adapted      a record as a draft, or with what it lacks
uk_sme_loan  UK Open Banking, SME Loan 2.3
au_cdr       Australian Consumer Data Right, business lending
"""
