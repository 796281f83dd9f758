"""Likelihoods of a table's columns, a file each: Gaussian, Bernoulli, categorical, ordered, counts.

Each file ends in its `Distribution`, whose functions take the values of C columns of one kind,
and the parameters that a decoder gives for them. `registry.DISTRIBUTIONS` holds them all.
"""
