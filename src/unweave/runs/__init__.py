"""What a trained model is.

`Model` encodes, decodes, reconstructs and samples; beside it stand the folder that keeps it,
its history and the settings of its training. The rooms above read a `Model`, and give it its
verbs (`unweave.runs.verbs`).
"""
