"""Scores of a trained run: how well it reconstructs, and what ground truth says of its codes."""
