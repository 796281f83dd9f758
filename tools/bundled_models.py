"""Train the small models that come with the package, into src/unweave/app/models.

python tools/bundled_models.py [NAME…] [--work FOLDER]
python tools/bundled_models.py --pages

On one thread beside other work faces took 451 s, sprites 152 s, the questionnaire 33 s. A run
that was interrupted in FOLDER is continued. With `--pages` nothing is trained: what the studio's
first page shows is made anew of the models that are there.
"""

import argparse
import json
import shutil
from pathlib import Path

import unweave as uw
from unweave.app.bundled import FOLDERS, PAGE_FILE, bundled_titles
from unweave.app.bundled_data import first_page_content, load_bundled
from unweave.files import write_text

PLACE = FOLDERS[0].parent
# Smaller than the defaults, so that all of them together take less than 5 MB.
MODELS = {
    "faces": (
        "mdd-ae-dcov",
        "faces:count=4000",
        {
            "seed": 0,
            "steps": 1600,
            "channels": (16, 32, 64, 64),
            "units": (128,),
            "latent_dim": 48,
            "beta": "exponential(2, 0.4, 0.6)",
            "gamma": "linear(0, 25, 0.3)",
        },
    ),
    "sprites": (
        "factor-vae",
        "sprites:scales=4,orientations=8,positions=16",
        {
            # Of the seeds 0 to 3 the one that keeps the two positions apart: FactorVAE's score of
            # x and of y is 1.
            "seed": 1,
            "steps": 3000,
            "gamma": 40.0,
            "beta": "exponential(100, 1, 0.8)",
            "learning_rate": "cosine(0.001, 0.0001, 1)",
            "discriminator_hidden": (256,) * 4,
            "channels": (16, 16, 32, 32),
            "units": 128,
        },
    ),
    "questionnaire": (
        "bf-vae",
        "questionnaire",
        # An item has noise of about this share of its variance, which no dimension should carry.
        {"seed": 0, "latent_dim": 8, "likelihood_variance": 0.4},
    ),
}
FILES = ("config.json", "model.safetensors", "history.csv", "summary.json")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=list(MODELS), metavar="NAME")
    parser.add_argument("--work", type=Path, default=Path("runs/bundled"))
    parser.add_argument("--pages", action="store_true", help="train nothing")
    arguments = parser.parse_args()
    for name in () if arguments.pages else arguments.names:
        method, data, settings = MODELS[name]
        model = uw.train(method, data, out=arguments.work / name, resume=True, **settings)
        if model.health["note"]:
            raise SystemExit(f"{name}: {model.health['note']}")
        (PLACE / name).mkdir(parents=True, exist_ok=True)
        for file in FILES:
            shutil.copy(arguments.work / name / file, PLACE / name / file)
    write_pages()


def write_pages():
    """Write what the first page shows of every model."""
    for folder, run in zip(FOLDERS, load_bundled(FOLDERS, bundled_titles(), "cpu"), strict=True):
        text = json.dumps(first_page_content(run), ensure_ascii=False, separators=(",", ":"))
        write_text(folder / PAGE_FILE, text + "\n")


if __name__ == "__main__":
    main()
