"""Tables: from cells of any kind to the samples that models learn from, and the way back.

`cells` reads cells (`numerals` numbers, `dates` dates), `kinds` decides what a column is
(`scales` knows ordered words), `request` holds what a user asks of columns, `columns` and
`schema` keep how a table was read, and `read` does all of it for a file or a DataFrame. Others
use `TableSchema` and its `Column`s.
"""
