"""Evidence for and against a dimension: one quantity a file, in the order of `registry`.

A file holds a function of `observed.Observed` that returns a value for each informative dimension
of the reference run, and ends in its `QUANTITY`.
"""
