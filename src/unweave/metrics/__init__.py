"""Scores of a trained model: its reconstructions, its posteriors, its codes against true factors.

Every score is a file of `scores`, which ends in its own `Score`; `registry.SCORES` holds them all,
and `evaluation.evaluate_models` computes them. `truth.truth_of` makes the true factors that a
score of plain arrays takes.
"""
