"""How a model is trained.

A `TrainingRequest` says what is asked for; `train` and `train_many` turn it into trained
`Model`s by the loop, which knows optimisers, batches and checkpoints, and no model by name.
Others use `TrainingRequest`, `train_model`, `train_many` and `pick_device`.
"""
