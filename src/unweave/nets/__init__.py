"""Networks: encoders, decoders and discriminators, modules that know no loss.

A function each builds the networks of tables (`perceptron`) and of images (`convolution`);
beside them are their initial weights and batch norms that span several processes.
Others use these functions, and `as_input`, which makes stored samples a network's input.
"""
