"""Other names by which the field knows the models."""

from __future__ import annotations

from unweave.errors import resolve
from unweave.models.families import MODELS

# Letter case, hyphens, underscores and spaces do not count: `bfvae` needs no row.
ALIASES = {
    "autoencoder": ("ae",),
    "variational-autoencoder": ("vae",),
    "b-vae": ("beta-vae",),
    "beta-vae-h": ("beta-vae",),
    "beta-vae-b": ("annealed-vae",),
    "annealed-beta-vae": ("annealed-vae",),
    "capacity-annealed-beta-vae": ("annealed-vae",),
    "tc-vae": ("beta-tcvae",),
    "b-tcvae": ("beta-tcvae",),
    "total-correlation-vae": ("beta-tcvae",),
    "dip-vae-1": ("dip-vae-i",),
    "dip-vae-2": ("dip-vae-ii",),
}


def model_name(name: str) -> str:
    """Return the name in `MODELS` of a model, however its name is written.

    Raises
    ------
    RequestError
        If there is no model of that name; the nearest name is suggested.

    Examples
    --------
    >>> model_name("BF_VAE"), model_name("β-TCVAE"), model_name("dip_vae_2")
    ('bf-vae', 'beta-tcvae', 'dip-vae-ii')
    """
    return resolve(name, MODELS, ALIASES, "model")[0]
