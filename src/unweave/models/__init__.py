"""Families of models: the objective that a family minimises, and its named models.

A `Family` is a record: settings, terms, named corners, defaults by kind of data, and functions
that build and sum up a model. A corner is one row of a table; nobody outside this room asks
which family a model is of. Others use `MODELS`, `family_of`, `model_settings`, `build_model`,
and the `ObjectiveModel` that these build.
"""
