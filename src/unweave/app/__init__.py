"""The studio: a page in the browser where one edits by degree and reads a latent space.

It shows finished runs: an image or a row, a slider for each attribute or latent dimension, and
the edited result as the slider moves; beside it the run's facts, figures and scores. It reads
models through `runs`, `editing`, `interpretation` and `reporting`, and sends nothing to other
machines. Others use `serve.serve`.
"""
