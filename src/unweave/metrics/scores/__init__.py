"""The scores, a file each: a function with its source, and the `Score` that names it.

A module ends in ``SCORE = FactorScore(...)``, ``PosteriorScore(...)`` or
``ReconstructionScore(...)``, or, where one function finds several scores, in a tuple ``SCORES``.
`unweave.metrics.registry` collects them: a new score is a new file here.
"""
