"""Pure differentiable functions of tensors: the terms that models are trained by.

Each file holds one idea: its function, with the equation's source, and the `Term` by which an
objective takes it up, with symbol, unit and weight. They know neither networks nor training.
Others use `Term` and `Weight`, the `Targets` of labels, and `informative_dimensions`.
"""
