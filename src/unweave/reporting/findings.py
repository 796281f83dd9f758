"""Findings about a run in sentences: what was found, how sure that is, and what to do next."""

from __future__ import annotations

from collections.abc import Iterator

from unweave.data import Dataset
from unweave.editing.aggregate_posterior import aggregate_posterior
from unweave.editing.controls import controls_of
from unweave.objectives.divergence import INFORMATIVE_NATS
from unweave.reporting.labels import nats
from unweave.reporting.run_facts import data_warning, health_warning
from unweave.runs.model import Model

MOST_NAMED = 6
_POOR_SHARE, _GOOD_ACCURACY = 0.5, 0.9


def findings(model: Model, dataset: Dataset | None, alone: bool = True) -> list[str]:
    """Return paragraphs for a reader who knows the data and not the method.

    Parameters
    ----------
    model : Model
    dataset : Dataset or None
        The training data as the model reads it.
    alone : bool
        Whether the page is about this run alone, and says what to do next.
    """
    warnings = [health_warning(model), data_warning(model, dataset)]
    paragraphs = [each for each in warnings if each]
    if warnings[0]:
        return paragraphs  # What a dead model seems to have found is nothing.
    paragraphs.append(" ".join(_found(model, dataset)))
    paragraphs.append(f"How sure this is: {' '.join(_certainty(model, dataset))}")
    if alone:
        paragraphs.append(f"What to do next: {' '.join(_next(model))}")
    return paragraphs


def _found(model: Model, dataset: Dataset | None) -> Iterator[str]:
    if "informative" not in model.summary:
        yield from _attributes(model)
        return
    posterior = aggregate_posterior(model, dataset)
    informative = set(model.summary.get("informative", ()))
    if not informative:
        yield f"None of {model.latent_dim} dimensions carries anything about {model.data['name']}."
        return
    count = len(informative)
    yield (
        f"{count} of {model.latent_dim} dimensions {_verb(count, 'carries', 'carry')} what the "
        f"model keeps of {model.data['name']}."
    )
    told = [each for each in controls_of(model, dataset, posterior) if not each.folded]
    for control in told[:MOST_NAMED]:
        yield f"{control.name} {_effect(control.meaning)} ({nats(control.kl)} nats)."
    if len(told) > MOST_NAMED:
        yield f"{len(told) - MOST_NAMED} more carry less."
    if len(model.sample_shape) == 1:
        yield "A minus says that a column falls as the dimension rises."


def _effect(meaning: str) -> str:
    """Return the words of `Effects.meaning`, or a given name, as the end of a sentence."""
    if not meaning or meaning.startswith("moves "):
        return meaning or "moves little"
    what, comma, where = meaning.partition(", ")
    if not comma:
        return f"moves {meaning}"
    change = "changes the picture" if what == "changes" else f"makes the picture {what}"
    return f"{change} ({where})"


def _attributes(model: Model) -> Iterator[str]:
    names = model.targets.names
    if not names:
        yield f"The model codes {model.data['name']} in {model.latent_dim} values, without labels."
        return
    listed = ", ".join(name.replace("_", " ") for name in names[:MOST_NAMED])
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    what = "swaps the classes" if model.targets.exclusive else "sets by degree"
    yield f"The model {what} {listed}{more}, and keeps the rest of a sample as it is."


def _certainty(model: Model, dataset: Dataset | None) -> Iterator[str]:
    yield f"it is one run, of seed {model.seed}."
    share = model.health.get("variance")
    if share is not None:
        yield f"Its reconstructions have {share:.0%} of the variance of the data."
        if share < _POOR_SHARE:
            yield "The rest, more than half of it, it does not describe."
    accuracy = model.summary.get("accuracy")
    if accuracy is not None:
        yield f"It tells {accuracy:.1%} of the labels of test samples right."
    if dataset is not None and len(dataset.rows("test")):
        yield f"Figures below are of {len(dataset.rows('test')):,} samples it was not trained on."
    weak = [
        f"z{k} ({nats(model.summary['kl'][k])})"
        for k in model.summary.get("informative", ())
        if model.summary["kl"][k] < 2 * INFORMATIVE_NATS
    ]
    if weak:
        yield (
            f"{', '.join(weak)} {_verb(len(weak), 'is', 'are')} barely above the threshold of "
            f"{INFORMATIVE_NATS:g} nats."
        )


def _next(model: Model) -> Iterator[str]:
    count, informative = model.latent_dim, model.summary.get("informative")
    if informative is not None:
        if not informative:
            yield "train for longer, or with a smaller beta."
            return
        if len(informative) == count:
            yield (
                f"all {count} dimensions are in use, so let unweave.interpret say whether the "
                "features point to a turn of fewer."
            )
        yield (
            "train several seeds (unweave.train_seeds) and interpret them together: what they "
            "agree on is found in the data, what they do not may be chance."
        )
        return
    accuracy = model.summary.get("accuracy")
    if accuracy is not None and accuracy < _GOOD_ACCURACY:
        yield "the labels are hard to tell, so train for longer, or give more samples."
    yield (
        "measure how strong the edits are (unweave.strength) before relying on them, and look at "
        "what else changes in the pictures below."
    )


def _verb(count: int, one: str, many: str) -> str:
    return one if count == 1 else many
