"""The studio: a page where a person edits by degree and reads a latent space."""
