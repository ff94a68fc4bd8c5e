"""Products from files: JSON, CSV and spreadsheets in, the same out; every mistake with its place and its mend.

quantities, notation, shapes   what values, cells and records say
columns, tables                a table of products, made from the terms themselves
delimited, workbook, documents the formats
files                          any of them, row by row
report                         what the bank is told
spreadsheet, labels, example   exports and templates
"""
