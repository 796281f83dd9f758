"""Tables: from cells of any kind to standardised features, and the way back.

`cells` reads cells, `columns` decides what a column is, `schema` keeps how a table was read,
and `read` does all of it for a file or a DataFrame. Others use `TableSchema` and its `Column`s.
"""
