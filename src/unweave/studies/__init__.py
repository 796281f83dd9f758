"""Many runs: grids of models, settings and seeds, and what they say together."""
