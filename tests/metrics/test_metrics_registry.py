"""The contract of every score, and the proof that a new one is one file."""

import json
import math
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import unweave as uw
from documentation import TABLES
from unweave.cli import run_command
from unweave.metrics import registry, scores
from unweave.metrics.registry import SCORES
from unweave.metrics.score import FactorScore, PosteriorScore, ReconstructionScore
from unweave.metrics.truth import truth_of

EXAMPLES = Path(__file__).parents[1] / "house" / "examples"
ORDER = [
    "rmse", "psnr", "ssim",
    "factor-vae-score", "beta-vae-score", "mig",
    "dci-disentanglement", "dci-completeness", "dci-informativeness",
    "sap", "modularity", "explicitness", "irs",
    "info-m", "info-e", "info-c", "mcc", "mcc-spearman", "mig-sup", "jemmig", "dcimig",
    "dci-explicitness",
    "mutual-information", "total-correlation", "dimension-wise-kl",
]  # fmt: skip
KINDS = {
    ReconstructionScore: "reconstruction scores",
    FactorScore: "factor scores",
    PosteriorScore: "posterior scores",
}
FACTORS = np.stack(np.meshgrid(range(3), range(4), range(5), indexing="ij"), -1).reshape(-1, 3)
FACTORS = FACTORS.repeat(6, axis=0)


def found_in(score, quality=0.5):
    """Return what a score finds in images, codes or posteriors; they are perfect at 1."""
    generator = np.random.default_rng(3)
    drawn = np.random.default_rng(0)
    if isinstance(score, ReconstructionScore):
        samples = torch.from_numpy(generator.random((8, 1, 12, 12), np.float32))
        noise = torch.from_numpy(generator.random((8, 1, 12, 12), np.float32))
        values = score.function(samples, quality * samples + (1 - quality) * noise)
        return {"value": values.double().mean().item(), "each": values.tolist()}
    noise = generator.standard_normal(FACTORS.shape)
    mean = quality * (FACTORS - FACTORS.mean(0)) / FACTORS.std(0) + (1 - quality) * noise
    if isinstance(score, FactorScore):
        found = score.function(mean, truth_of(FACTORS), drawn)
    else:
        found = score.function(mean, np.full(mean.shape, -2.0), drawn)
    return {**found, "value": found[score.shown]}


# --- the contract -------------------------------------------------------------------------


@pytest.mark.parametrize("name", SCORES)
def test_the_declaration(name):
    score = SCORES[name]
    assert score.name == name == name.lower().replace("_", "-").replace(" ", "-")
    assert score.summary
    assert score.source
    assert not score.summary.endswith(".")
    assert isinstance(score, tuple(KINDS))
    assert isinstance(score.higher_is_better, bool)
    low, high = score.range
    assert low < high
    assert set(score.needs) <= {"images", "factors", "posterior"}
    assert set(score.units) <= {"images", "table"}


@pytest.mark.parametrize("name", SCORES)
@pytest.mark.parametrize("quality", [0.0, 0.5, 1.0])
def test_values_are_within_the_range_and_fit_into_json(name, quality):
    found = found_in(SCORES[name], quality)
    low, high = SCORES[name].range
    # The draws of an estimate may carry it a little outside.
    assert low - 0.05 <= found["value"] <= high + 0.05
    for value in found.get("each", []):
        assert low - 1e-5 <= value <= high + 1e-5
    assert json.loads(json.dumps(found, allow_nan=False)) == found


# Posteriors are not better or worse by themselves. Of noise, all probes tell as little, which is 1
# by the definition of DCI-ES, and the shares that InfoM compares are those of chance.
OF_NOISE = {"dci-explicitness", "info-m"}


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, score in SCORES.items()
        if not isinstance(score, PosteriorScore) and name not in OF_NOISE
    ],
)
def test_the_better_value_is_the_one_of_the_better_model(name):
    score = SCORES[name]
    perfect, noise = found_in(score, 1.0)["value"], found_in(score, 0.0)["value"]
    assert perfect != noise
    assert (perfect > noise) == score.higher_is_better


@pytest.mark.parametrize("name", SCORES)
def test_equal_draws_give_equal_values(name):
    assert found_in(SCORES[name]) == found_in(SCORES[name])


@pytest.mark.parametrize("name", SCORES)
def test_help_and_documentation_name_it(name, capsys):
    assert run_command(["evaluate", "--help"]) == 0
    assert f"{name} {SCORES[name].summary}" in " ".join(capsys.readouterr().out.split())
    table = TABLES[KINDS[type(SCORES[name])]]()
    assert f"| `{name}` | {SCORES[name].summary} |" in table


def test_their_order_is_that_of_the_tables():
    assert list(SCORES) == ORDER
    assert list(registry.collect()) == ORDER


# --- a new score --------------------------------------------------------------------------


@pytest.fixture
def put_beside(monkeypatch, tmp_path):
    """Put a file into the package of scores, as if it lay there, and collect them again."""
    before, added = dict(SCORES), []
    monkeypatch.setattr(scores, "__path__", [*scores.__path__, str(tmp_path)])

    def put(path):
        shutil.copy(path, tmp_path)
        added.append(path.stem)
        found = registry.collect()
        SCORES.clear()
        SCORES.update(found)

    yield put
    SCORES.clear()
    SCORES.update(before)
    for name in added:
        sys.modules.pop(f"{scores.__name__}.{name}", None)
        vars(scores).pop(name, None)


class TestANewScoreIsOneFile:
    """`active_units.py`, put beside the others, is found by all that loop over them."""

    @pytest.fixture(autouse=True)
    def active_units(self, put_beside):
        put_beside(EXAMPLES / "active_units.py")

    def test_it_comes_last_of_its_kind(self):
        assert list(SCORES) == [*ORDER, "active-units"]

    def test_it_keeps_the_contract(self):
        test_the_declaration("active-units")
        for quality in (0.0, 0.5, 1.0):
            test_values_are_within_the_range_and_fit_into_json("active-units", quality)
        test_equal_draws_give_equal_values("active-units")

    def test_help_and_documentation_find_it(self, capsys):
        test_help_and_documentation_name_it("active-units", capsys)
        assert "active-units" not in TABLES["factor scores"]()

    def test_models_are_evaluated_by_it(self, trained, capsys):
        folder = trained("fa15:rows=200")
        model = uw.load(folder)
        data = model.dataset()
        variances = model.encode(data)[data.rows("test")].var(0)
        active = np.flatnonzero(variances > 0.01).tolist()
        wanted = {"value": len(active) / model.latent_dim, "active": active}
        assert uw.evaluate(model, metrics="active-units")["scores"] == {"active-units": wanted}
        assert uw.evaluate(model)["scores"]["active-units"] == wanted
        capsys.readouterr()
        assert run_command(["evaluate", str(folder), "--metrics", "active-units", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["scores"] == {"active-units": wanted}

    def test_its_value_is_known(self):
        function = SCORES["active-units"].function
        generator = np.random.default_rng(0)
        mean = generator.standard_normal((500, 4)) * [1, 0.2, 0.05, 0]
        found = function(mean, np.zeros_like(mean), generator)
        assert found == {"value": 0.5, "active": [0, 1]}

    def test_it_is_suggested(self, trained, refuses):
        model = uw.load(trained("fa15:rows=200"))
        refuses(lambda: uw.evaluate(model, metrics="active-unit"), "did you mean 'active-units'")


def test_without_the_file_there_is_no_such_score():
    assert "active-units" not in SCORES


def test_a_file_without_a_score_is_refused(put_beside, tmp_path):
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "nothing.py").write_text("VALUE = 1\n")
    with pytest.raises(TypeError, match=r"scores\.nothing must end in SCORE = Score"):
        put_beside(tmp_path / "source" / "nothing.py")


def test_infinite_ranges_are_those_without_a_bound():
    unbounded = {name for name, score in SCORES.items() if math.inf in score.range}
    assert unbounded == {"rmse", "mutual-information", "total-correlation", "dimension-wise-kl"}
