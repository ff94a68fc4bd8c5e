"""What a bank returns of its whole small-business lending, on the platform and off it.

figures         the period, and what the bank's accounts say of it
book            the loans behind the figures, one row a loan
differences     where book, figures, the platform and the last return disagree
cells           the book as sums, for statistics
returned        a return, its versions, and who lets it count
two_increases   what the regulator's yearly test makes of it
"""
