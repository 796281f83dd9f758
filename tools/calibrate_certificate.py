"""Calibrate the certificate on generated tables: train runs, then fit its curves.

python tools/calibrate_certificate.py runs FOLDER [--groups N] [--minutes M] [--families A,B]
python tools/calibrate_certificate.py fit FOLDER

The first command draws tables of each family in turn, trains two to six seeds on each, and adds a
line for each reading (as learned, turned by varimax, and by oblimin where `auto` chooses it) to
FOLDER/cases.jsonl, with its loadings, so that a new quantity of these needs no training. It goes on
where it was stopped. The second fits the curves to the families of calibration, writes them into
the package, and prints how well they do on the families held out. How long either took, and what
came of it: docs/methods/certificate.md.
"""

import argparse
import contextlib
import json
import shutil
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
from generated_tables import CALIBRATION, HELD_OUT, draw

import unweave as uw
import unweave.runs.model
from unweave.errors import RequestError
from unweave.interpretation.evidence.observed import observe
from unweave.interpretation.evidence.registry import evidence_of
from unweave.interpretation.reading import read_run
from unweave.interpretation.rotate import informative_latent, rotate_all
from unweave.interpretation.udr import unsupervised_disentanglement_ranking
from unweave.statistics import correlations

SEEDS = (2, 3, 4, 5, 6)
MATCHED = 0.9
LEAST_ATTAINABLE = 0.6
# Facts on single columns take a third of the time, and are not asked for here.
unweave.runs.model.column_facts = lambda *_: {}
HELD_OUT_EVERY = 3  # one group in so many is of a family that is held out


def settings_of(generator, family):
    """Return a model and its settings, drawn at random."""
    model = str(generator.choice(["vae", "vae", "beta-vae", "dip-vae-ii"]))
    settings = {
        "latent_dim": int(generator.integers(4, 11)),
        "likelihood_variance": float(
            # Of unrelated columns nothing is kept unless noise is held to be small.
            generator.choice([0.05, 0.1, 0.3] if family.none else [0.1, 0.3, 0.6, 1.0])
        ),
        "steps": int(generator.integers(200, 501)),
        "learning_rate": 5e-3,
        "batch_size": 64,
        "hidden": (32,),
    }
    if model == "beta-vae":
        settings["beta"] = float(generator.choice([2.0, 4.0]))
    if generator.random() < 0.25:
        settings["column_variance"] = "learned"
    return model, settings


def family_of(group):
    """Return the family of a group by its number, and whether it is held out."""
    held_out = group % HELD_OUT_EVERY == HELD_OUT_EVERY - 1
    families = list((HELD_OUT if held_out else CALIBRATION).items())
    place = group // HELD_OUT_EVERY if held_out else group - group // HELD_OUT_EVERY
    return *families[place % len(families)], held_out


def cases_of(group):
    """Train the runs of a group and return its readings, a dictionary each."""
    generator = np.random.default_rng([group, 2026])
    name, family, held_out = family_of(group)
    table = draw(family, generator)
    model, settings = settings_of(generator, family)
    seeds = int(generator.choice(SEEDS))
    place = tempfile.mkdtemp()
    try:
        dataset = uw.load_data(table.frame)
        models = uw.train_seeds(
            model, dataset, seeds=seeds, seed=10 * group, out=place, progress=False, **settings
        )
        shared = {"group": group, "family": name, "held_out": held_out, "model": model}
        shared["seeds"] = seeds
        shared |= table.facts | {"settings": settings, "factors": table.factors.shape[1]}
        readings = [("learned", models)]
        with contextlib.suppress(RequestError):  # Fewer than two dimensions cannot be turned.
            readings.append(("turned", rotate_all(models, dataset, method="varimax")[0]))
            chosen, turns = rotate_all(models, dataset, method="auto")
            if turns[0].method == "oblimin":
                readings.append(("oblique", chosen))
        return [shared | _case(kind, some, dataset, table, held_out) for kind, some in readings]
    finally:
        shutil.rmtree(place)


def _case(kind, models, dataset, table, held_out):
    rows = np.arange(len(dataset))
    try:
        observed = observe(models, dataset, rows)
    except RequestError as error:
        return {"reading": kind, "failure": str(error).split(": ", 1)[1]}
    found = {name: values.tolist() for name, values in evidence_of(observed).items()}
    real, strongest = truth_of(observed.codes, table.factors, observed.features)
    codes = [model.latent(dataset)[0].astype(float) for model in models]
    informative = [_informative(model, dataset) for model in models]
    udr = unsupervised_disentanglement_ranking(codes, informative)[observed.reference]
    case = {"reading": kind, "dimensions": list(observed.dimensions), "evidence": found}
    case |= {"real": real.tolist(), "correlation": strongest.tolist(), "udr": float(udr)}
    case["loadings"] = observed.loadings.round(3).tolist()
    if held_out:
        case["lsdi"] = read_run(models[observed.reference], dataset, rows).index["mean"]
    return case


def _informative(model, dataset):
    found = informative_latent(*model.latent(dataset))
    return (
        found.tolist() if model.module.kept is None else found[found < model.module.kept].tolist()
    )


def truth_of(codes, factors, features):
    """Return which codes are real, and every code's largest |correlation| with a factor.

    A code is real if it is a factor's best match, and its correlation with that factor is at least
    0.9 of the largest that the features allow: of the multiple correlation of the factor with the
    features and their squares, which has to reach 0.6.
    """
    real = np.zeros(codes.shape[1], bool)
    if not factors.shape[1]:
        return real, np.zeros(codes.shape[1])
    found = np.abs(correlations(codes, factors))
    attainable = attainable_correlations(factors, features)
    for factor, best in enumerate(found.argmax(0)):
        reached = found[best, factor] >= MATCHED * attainable[factor]
        real[best] |= reached and attainable[factor] >= LEAST_ATTAINABLE
    return real, found.max(1)


def attainable_correlations(factors, features):
    """Return the multiple correlation of each factor with features and their squares, adjusted."""
    basis = np.hstack([features, features**2])
    basis = np.linalg.svd(basis - basis.mean(0), full_matrices=False)
    keep = basis[1] > 1e-8 * basis[1][0]
    left = basis[0][:, keep]
    centred = factors - factors.mean(0)
    share = ((left.T @ centred) ** 2).sum(0) / (centred**2).sum(0)
    count, used = left.shape
    adjusted = 1 - (1 - share) * (count - 1) / max(count - used - 1, 1)
    return np.sqrt(adjusted.clip(0, 1))


def run(folder, groups, minutes, families=()):
    """Add cases to the folder until there are so many groups or the time is over."""
    warnings.filterwarnings("ignore")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "cases.jsonl"
    known = {each["group"] for each in read_cases(path)}
    end = time.monotonic() + 60 * minutes
    for group in range(groups):
        if group in known or (families and family_of(group)[0] not in families):
            continue
        if time.monotonic() > end:
            break
        begun = time.process_time()
        try:
            cases = cases_of(group)
        except RequestError as error:
            cases = [{"group": group, "failure": str(error)}]
        seconds = round(time.process_time() - begun, 2)
        with path.open("a", encoding="utf-8") as file:
            file.write("".join(json.dumps(case | {"seconds": seconds}) + "\n" for case in cases))
        print(group, cases[0].get("family"), [len(c.get("real", ())) for c in cases], seconds,
              flush=True)  # fmt: skip


def read_cases(path):
    """Return the cases of a file; a line that was not finished is left out."""
    if not path.is_file():
        return []
    cases = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            cases.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return cases


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("step", choices=("runs", "fit"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--groups", type=int, default=750)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--families", default="", help="of these alone, separated by commas")
    arguments = parser.parse_args()
    if arguments.step == "runs":
        families = tuple(filter(None, arguments.families.split(",")))
        run(arguments.folder, arguments.groups, arguments.minutes, families)
    else:
        from certificate_curves import fit_and_test

        fit_and_test(read_cases(arguments.folder / "cases.jsonl"))


if __name__ == "__main__":
    main()
