"""Training: from a request and a dataset to a trained `Model`.

A `TrainingRequest` holds what the user asks for. The loop takes the steps; it knows optimisers,
batches and checkpoints, and no model by name. Others use `TrainingRequest`, `train_model`,
`train_many` and `pick_device`.
"""
