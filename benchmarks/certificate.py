"""Certificates on real tables: the questionnaire, a doubled column, and shuffled columns.

python benchmarks/certificate.py FOLDER [PART…]

FOLDER holds bfi.csv, winequality-white.csv and fifa18_players.csv. Parts: questionnaire (its 25
items), doubled (wine with one column twice) and shuffled (20 tables of which each column is
permuted by itself, so that nothing is left to be found).
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn import datasets

import unweave as uw
from unweave.errors import RequestError
from unweave.interpretation.certificate import certify_readings

SEEDS = 3
STEPS = 1500
TIMES = 3  # how often each of seven tables is shuffled


def tables(folder):
    """Return real tables of numbers by name, 2,000 rows of each at most."""
    found = {
        "questionnaire": pd.read_csv(folder / "bfi.csv").iloc[:, :25],
        "white wine": pd.read_csv(folder / "winequality-white.csv"),
        "players": pd.read_csv(folder / "fifa18_players.csv").select_dtypes("number"),
    }
    for name in ("iris", "wine", "breast_cancer", "diabetes"):
        found[name] = getattr(datasets, f"load_{name}")(as_frame=True).data
    return {name: frame.dropna(axis=1, how="all").head(2000) for name, frame in found.items()}


def show(name, frame, model="bf-vae", **settings):
    """Train seeds on a table, print the certificates of both readings, return all of these."""
    dataset = uw.load_data(frame)
    with tempfile.TemporaryDirectory() as place:
        models = uw.train_seeds(model, dataset, seeds=SEEDS, out=place, progress=False, **settings)
        print(f"{name}: {model}, {SEEDS} seeds", flush=True)
        try:
            found = certify_readings(models, dataset)
        except RequestError as error:
            print(f"  {str(error).split(': ', 1)[1]}")
            return {}
    for reading, certificate in found.items():
        chances = " ".join(f"{each:.2f}" for each in np.sort(certificate.probability)[::-1])
        print(f"  {reading}: {len(certificate.certified)} of {len(certificate.dimensions)} "
              f"certified; {chances}", flush=True)  # fmt: skip
        print(f"    {certificate.reasons[int(certificate.probability.argmax())]}")
    return found


def questionnaire(folder):
    items = tables(folder)["questionnaire"]
    show("questionnaire, ordinal items", items)
    numbers = ((items - items.mean()) / items.std()).fillna(0.0)
    show("questionnaire, items as numbers", numbers)
    show("questionnaire, variance 0.6, five dimensions", numbers, latent_dim=5,
         likelihood_variance=0.6)  # fmt: skip


def doubled(folder):
    wine = pd.read_csv(folder / "winequality-white.csv").iloc[:, :11]
    show("white wine", wine, steps=STEPS)
    show("white wine, alcohol doubled", wine.assign(again=wine["alcohol"] + 1.0), steps=STEPS)


def shuffled(folder):
    generator = np.random.default_rng(0)
    counts, highest = [], 0.0
    for name, frame in tables(folder).items():
        for time in range(TIMES):
            mixed = pd.DataFrame(
                {column: generator.permutation(cells) for column, cells in frame.items()}
            )
            model = ("bf-vae", "vae", "vae")[time]
            found = show(f"{name}, shuffled", mixed, model, steps=STEPS // 3)
            counts.append(sum(len(each.certified) for each in found.values()))
            chances = [each.probability.max() for each in found.values()]
            highest = max([highest, *chances])
    print(f"{len(counts)} shuffled tables: {sum(count > 0 for count in counts)} with a certified "
          f"dimension; highest probability {highest:.3f}")  # fmt: skip


PARTS = {"questionnaire": questionnaire, "doubled": doubled, "shuffled": shuffled}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("parts", nargs="*", default=list(PARTS), metavar="PART")
    arguments = parser.parse_args()
    for part in arguments.parts:
        PARTS[part](arguments.folder)


if __name__ == "__main__":
    main()
