"""Models whose exports are known beforehand."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import unweave as uw

QUIET = {"progress": False, "steps": 2, "compile": "no"}


@pytest.fixture(scope="session")
def survey():
    """Return a table of 60 rows with blanks, a two-valued column, large numbers and a constant."""
    generator = np.random.default_rng(0)
    frame = pd.DataFrame(generator.normal(2000.0, 3.0, (60, 3)), columns=["year", "b", "c"])
    frame["c"] *= 1e6
    frame.loc[::7, "b"] = np.nan
    frame["smokes"] = np.where(generator.random(60) < 0.4, "yes", "no")
    frame["country"] = 7
    return frame


@pytest.fixture(scope="session")
def table_model(survey, tmp_path_factory):
    place = tmp_path_factory.mktemp("table")
    survey.to_csv(place / "survey.csv", index=False)
    model = uw.train("vae", place / "survey.csv", out=place / "run", latent_dim=3, **QUIET)
    model.summary["health"] = {}  # Two steps teach nothing, and dead models get no sliders.
    return model


@pytest.fixture(scope="session")
def digits_model():
    """Return an attribute autoencoder: convolutions, batch norms, classes."""
    model = uw.train("mdd-ae-dcov", "digits", channels=(8,), units=(16,), **QUIET)
    model.summary["health"] = {}
    return model


@pytest.fixture(scope="session")
def halves_model(tmp_path_factory):
    """Return a run in which z0 brightens the upper half of the picture, z1 darkens the lower."""
    decoder = nn.Sequential(nn.Linear(2, 64), nn.Unflatten(1, (1, 8, 8)))
    model = uw.train(
        "vae",
        "digits",
        latent_dim=2,
        decoder=decoder,
        likelihood="gaussian",
        out=tmp_path_factory.mktemp("halves") / "run",
        **QUIET,
    )
    rows = torch.arange(64) // 8
    with torch.no_grad():
        decoder[0].bias.fill_(0.5)
        decoder[0].weight[:, 0] = 0.1 * (rows < 4)
        decoder[0].weight[:, 1] = -0.1 * (rows >= 4)
    model.summary["health"] = {}
    model.summary["kl"], model.summary["informative"] = [2.0, 1.0], [0, 1]
    return model
