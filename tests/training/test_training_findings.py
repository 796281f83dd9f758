"""What a summary says of a model: by hand, and nothing where nothing is known."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from support import train_run
from unweave.data import Dataset, Labels
from unweave.runs.model import Model

RunOf = Callable[..., Model]
NAMES = ("Corner", "Edge")


def told(planted: Dataset, values: np.ndarray, names: tuple[str, ...] = NAMES) -> Dataset:
    return dataclasses.replace(planted, labels=Labels(names, values, exclusive=values.ndim == 1))


@pytest.fixture
def values(planted: Dataset) -> np.ndarray:
    """Whether Corner and Edge are known to be there, N x 2."""
    assert planted.labels is not None
    return planted.labels.values[:, :2].copy()


def test_accuracy_is_the_share_of_known_test_labels(
    planted: Dataset, planted_run: RunOf, values: np.ndarray
) -> None:
    run, rows = planted_run(NAMES), planted.rows("test")
    assert run.summarise(told(planted, values)) == {"accuracy": 1, "accuracy_of": "test"}
    # Labels of other splits are no matter, and unknown ones neither.
    values[planted.rows("train")] = 0
    values[rows, 1] = 1 - values[rows, 1]
    known = (values[rows] >= 0).sum(0)
    wanted = known[0] / known.sum()
    assert run.summarise(told(planted, values))["accuracy"] == pytest.approx(wanted)


def test_accuracy_of_classes(planted: Dataset, planted_run: RunOf, values: np.ndarray) -> None:
    """Logits are 60 to the one side or the other: the class is told where one alone is there."""
    run, rows = planted_run(NAMES, exclusive=True), planted.rows("test")
    one = (values >= 0).all(1) & (values.sum(1) == 1)
    classes = np.where(one, values[:, 1], -1)
    assert run.summarise(told(planted, classes))["accuracy"] == 1
    first = rows[one[rows]][0]
    classes[first] = 1 - classes[first]
    wanted = 1 - 1 / one[rows].sum()
    assert run.summarise(told(planted, classes))["accuracy"] == pytest.approx(wanted)


def test_nothing_known_is_nothing_said(
    planted: Dataset, planted_run: RunOf, values: np.ndarray
) -> None:
    values[planted.rows("test")] = -1
    assert planted_run(NAMES).summarise(told(planted, values)) == {}
    assert planted_run(NAMES).summarise(dataclasses.replace(planted, labels=None)) == {}
    plain = planted_run((), "ae", decoder_input="nothing")
    assert plain.summarise(told(planted, values)) == {}


def test_variational_models_have_a_divergence_for_each_dimension(rows: Dataset) -> None:
    run = train_run("vae", rows, changes={"steps": 300, "log_every": 100}, progress=False)
    found = run.summarise(rows)
    assert set(found) == {"kl", "informative", "kl_of", "columns"}
    columns = found["columns"]
    assert set(columns) == {"residual_variance", "nats"}
    assert all(0 < variance < 1.1 for variance in columns["residual_variance"])
    assert found["kl_of"] == "test"
    np.testing.assert_allclose(found["kl"], run.kl(rows, rows.rows("test")))
    strongest = set(np.argsort(found["kl"])[::-1][: len(found["informative"])].tolist())
    assert set(found["informative"]) == strongest
    assert {name: run.summary[name] for name in found} == found
