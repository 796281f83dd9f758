"""Edits of data through a model's codes, and measures of how far these edits go.

An `Edit` sets attributes, latent values or the class and decodes the result; a `Traversal` moves
one latent dimension at a time. The strength protocol classifies edited images with linear SVMs
and, where the true degrees are known, compares the degree asked for with the one drawn. Others
use `edits.edit_data` and `edits.Edit`, `traversal.traverse`, `strength.strength`,
`aggregate_posterior.aggregate_posterior` and `pictures.read_pictures`.
"""
