"""Trained models: `Model`, its folder, its history and the settings of its training.

A `Model` encodes, decodes, reconstructs and samples, and is saved to and loaded from a folder
without pickling. Rooms above read a `Model`, and provide the methods whose work they do
(`unweave.runs.verbs`). Others use `Model`, `History`, `TrainingSettings` and the functions of
`folder`.
"""
