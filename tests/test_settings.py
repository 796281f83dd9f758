import json

import numpy as np
import pytest
import torch

from unweave.errors import RequestError
from unweave.models.families import FAMILIES, MODELS, VARIATIONAL, model_settings
from unweave.runs.training_settings import TrainingSettings
from unweave.schedules import Schedule
from unweave.settings import whole_number
from unweave.training.devices import pick_device
from unweave.training.request import TrainingRequest


@pytest.mark.parametrize("group", [*(family.settings for family in FAMILIES), TrainingSettings])
def test_json_round_trip_of_the_defaults(group):
    settings = group()
    document = json.loads(json.dumps(settings.to_json()))
    assert group(**group.read(document)) == settings


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("shape", [(6,), (1, 28, 28), (3, 64, 64)])
def test_every_named_model_has_settings_that_survive_json(name, shape):
    settings = model_settings(name, shape, {})
    document = json.loads(json.dumps(settings.to_json()))
    assert type(settings)(**type(settings).read(document)) == settings


def test_texts_are_read_as_their_field_says():
    read = VARIATIONAL.settings.read(
        {"latent_dim": "6", "beta": "2.5", "capacity": "none", "hidden": "32, 16"}
    )
    assert read == {"latent_dim": 6, "beta": 2.5, "capacity": None, "hidden": (32, 16)}
    scheduled = VARIATIONAL.settings.read({"beta": "linear(0, 4, 0.5)"})
    assert scheduled == {"beta": Schedule("linear", 0, 4, 0.5)}


def test_numbers_of_numpy_are_those_of_python():
    given = {"latent_dim": np.int64(3), "beta": np.float32(0.5), "hidden": np.array([8, 4])}
    read = VARIATIONAL.settings.read(given)
    assert json.loads(json.dumps(read)) == {"latent_dim": 3, "beta": 0.5, "hidden": [8, 4]}
    assert VARIATIONAL.settings.read({"hidden": 32}) == {"hidden": (32,)}


@pytest.mark.parametrize("seed", [-1, 1.5, "1", True])
def test_seeds_are_whole_and_not_negative(seed):
    with pytest.raises(RequestError, match="seed="):
        TrainingRequest("vae", seed=seed)
    assert TrainingRequest("vae", seed=np.int64(3)).seed == 3


def test_a_device_may_be_torchs_own():
    assert pick_device(torch.device("cpu")) == pick_device("cpu")


def test_every_number_that_acts_within_a_step_can_be_scheduled():
    from unweave.models.families import build_model

    settings = model_settings("bf-vae", (4,), {"capacity": 5.0, "likelihood": "gaussian"})
    coefficients = build_model("bf-vae", settings, (4,), 100).coefficients
    assert set(coefficients) <= set(VARIATIONAL.settings.schedulable())
    assert {"learning_rate", "adversary_learning_rate"} <= set(TrainingSettings.schedulable())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"betta": "1"}, "did you mean 'beta'"),
        ({"latent_dim": "2.5"}, "latent_dim=2.5: a whole number is wanted"),
        ({"latent_dim": "0"}, "must be at least 1"),
        ({"latent_dim": 2.5}, "a whole number is wanted"),
        ({"beta": "much"}, "a number or a schedule"),
        ({"beta": "nan"}, "must be finite"),
        ({"beta": "linear(-1, 4, 1)"}, "must be at least 0"),
        ({"likelihood": "bernouli"}, "did you mean 'bernoulli'"),
        ({"likelihood_variance": "0"}, "must be above 0"),
        ({"hidden": "64,none"}, "whole numbers separated by commas"),
        ({"hidden": (64.5,)}, "whole numbers separated by commas"),
        ({"latent_dim": np.float64(2.5)}, "a whole number is wanted"),
    ],
)
def test_mistakes_are_named(changes, said):
    with pytest.raises(RequestError, match=said):
        VARIATIONAL.settings(**VARIATIONAL.settings.read(changes))


class TestValuesOfPython:
    """Values as a notebook gives them: taken where their meaning is plain, refused in a line."""

    @pytest.mark.parametrize(
        ("value", "read"),
        [
            (64, (64,)),
            (np.int64(64), (64,)),
            ((32, np.int32(16)), (32, 16)),
            (np.array([8, 4]), (8, 4)),
            ([8.0], (8,)),
            ("32,16", (32, 16)),
        ],
    )
    def test_whole_numbers(self, value, read):
        assert VARIATIONAL.settings.read({"hidden": value}) == {"hidden": read}

    @pytest.mark.parametrize(
        "value", [(1.5,), True, None, (None,), "a", {}, [[1]], 2**70, "9" * 5000]
    )
    def test_not_whole_numbers(self, value):
        with pytest.raises(RequestError, match="whole numbers") as caught:
            VARIATIONAL.settings.read({"hidden": value})
        assert len(str(caught.value)) < 300

    def test_numbers_of_numpy_become_pythons(self):
        read = TrainingSettings.read({"steps": np.int64(5), "learning_rate": np.float32(0.5)})
        assert read == {"steps": 5, "learning_rate": 0.5}
        assert [type(each) for each in read.values()] == [int, float]

    @pytest.mark.parametrize("value", [1.5, 10**400, True, "1.5", float("inf"), None, (1,)])
    def test_not_a_whole_number(self, value):
        with pytest.raises(RequestError, match="steps="):
            TrainingSettings.read({"steps": value})

    @pytest.mark.parametrize("value", [10**400, "x" * 10**5, object(), b"1", [1.0]])
    def test_not_a_number(self, value):
        with pytest.raises(RequestError, match="learning_rate=") as caught:
            TrainingSettings.read({"learning_rate": value})
        assert len(str(caught.value)) < 300

    @pytest.mark.parametrize("seed", [1.5, True, 2**70, -1, "3", None, [1]])
    def test_seeds(self, seed):
        with pytest.raises(RequestError, match="seed="):
            whole_number("seed", seed)
        assert whole_number("seed", np.int64(3)) == 3
