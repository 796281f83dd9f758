"""Readings of latent spaces that need no ground truth, of one model or several.

`interpret.interpret` reads models of the variational family on data: which features each dimension
drives (FVH-LT, DBSR-LS), how disentangled the space is (LSDI), and which dimensions of several
models correspond (GAS, UDR). The methods are functions of arrays, a file each.
"""
