"""Reading bytes: files found, fetched, unpacked and decoded into arrays, and kept packed.

Nothing here knows what a dataset is. Readers in `formats` and `sources` use `find`,
`archive`, `decoding`, `delimited` and `npz_member` to read, `cache` to keep packed images,
and `fingerprint` to hash.
"""
