"""Networks: encoders, decoders and discriminators, modules that know no loss.

A function each builds the networks of tables (`perceptron`) and of images (`convolution`);
beside them are the names and initial values of the latter (`initial`), and batch norms that
span several processes.
Others use these functions, and `as_input`, which makes stored samples a network's input.
"""
