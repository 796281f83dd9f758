"""Many seeds at once: every seed gives what it gives alone."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

import unweave as uw
from support import train_run
from unweave.data import load_data
from unweave.errors import DivergedError
from unweave.models.families import VARIATIONAL
from unweave.runs.folder import checkpoint_file
from unweave.runs.model import Model
from unweave.training import many_seeds
from unweave.training.feed import SeedFeed
from unweave.training.loop import Loop
from unweave.training.request import TrainingRequest

SEEDS = (3, 4, 5)
LONG = {"steps": 50, "log_every": 10}
SHORT = {"steps": 30, "log_every": 10, "checkpoint_seconds": 0}
AT_REST = {"steps": 3, "log_every": 1, "learning_rate": 0, "adversary_learning_rate": 0}
ALL_TERMS = {
    "beta": "exponential(200, 1, 0.3)",
    "capacity": 5,
    "covariance_of": "aggregate",
    "lambda_off_diagonal": "linear(0, 3, 0.5)",
    "lambda_diagonal": 1,
}


def train_many(name, data, folder, seeds=SEEDS, **options):
    folders = {seed: folder / f"seed-{seed}" for seed in seeds}
    request = TrainingRequest(name, options.pop("changes", {}), progress=False, **options)
    return {run.seed: run for run in many_seeds.train_many(request, data, folders)}


def train_alone(name, data, seed, changes, out=None, **options):
    return train_run(name, data, seed=seed, changes=changes, out=out, progress=False, **options)


def assert_agree(one, two, weights=1e-10, terms=1e-10):
    """Hold what has learnt in double precision against each other.

    In single precision a discriminator's unit may turn on or off one step earlier, and Adam
    divides by what that changes.
    """
    left, right = one.module.state_dict(), two.module.state_dict()
    assert left.keys() == right.keys()
    for name in left:
        torch.testing.assert_close(left[name], right[name], atol=weights, rtol=weights, msg=name)
    assert one.history.terms == two.history.terms
    for row, other in zip(one.history.rows, two.history.rows, strict=True):
        assert row == pytest.approx(other, rel=terms, abs=terms)


def assert_same(one, two):
    assert_agree(one, two, weights=0)
    assert one.history.rows == two.history.rows


def in_64_bits(data):
    return dataclasses.replace(data, samples=np.asarray(data.samples, np.float64))


@pytest.fixture
def exact_rows(rows, in_double):
    """Return the table of `rows`, for a test in double precision."""
    return in_64_bits(rows)


@pytest.fixture(scope="module")
def mixed():
    """Return a table in pairs: of numbers, of yes and no, and of a few whole numbers."""
    generator = np.random.default_rng(7)
    size = generator.normal(170, 10, 150)
    dataset = load_data(
        pd.DataFrame(
            {
                "height": size,
                "weight": size - 100 + generator.normal(0, 5, 150),
                "smokes": generator.choice(["no", "yes"], 150),
                "rooms": generator.integers(1, 5, 150),
                "score": np.where(generator.random(150) < 0.1, np.nan, size / 100),
            }
        )
    )
    return dataclasses.replace(dataset, pairs=np.arange(150).reshape(-1, 2))


def interrupted(monkeypatch, after):
    """Make every loop stop as a kill would, when it has taken `after` steps."""
    plain = Loop._take_step

    def take_step(loop):
        if loop.step == after:
            raise KeyboardInterrupt
        return plain(loop)

    monkeypatch.setattr(Loop, "_take_step", take_step)


@pytest.mark.parametrize("name", VARIATIONAL.corners)
def test_every_seed_is_what_it_is_alone(name, mixed, tmp_path):
    """In single precision, at the weights that training begins with."""
    many = train_many(name, mixed, tmp_path, changes=AT_REST)
    for seed in SEEDS:
        alone = train_alone(name, mixed, seed, AT_REST)
        assert_agree(alone, many[seed], weights=0, terms=1e-4)
        assert alone.summary["kl"] == pytest.approx(many[seed].summary["kl"], abs=1e-5)
        assert many[seed].summary["trained_together"] == len(SEEDS)
    first, other = (many[seed].module.encoder[0].weight for seed in SEEDS[:2])
    assert not torch.allclose(first, other, atol=1e-2)


@pytest.mark.usefixtures("in_double")
@pytest.mark.parametrize("more", [{}, ALL_TERMS], ids=["own settings", "all terms"])
@pytest.mark.parametrize("name", VARIATIONAL.corners)
def test_every_seed_is_what_it_is_alone_to_all_digits(name, more, mixed, tmp_path):
    data = in_64_bits(mixed)
    many = train_many(name, data, tmp_path, changes=LONG | more)
    for seed in SEEDS:
        alone = train_alone(name, data, seed, LONG | more)
        assert alone.module.encoder[0].weight.dtype == torch.float64
        assert_agree(alone, many[seed])


def test_seeds_shared_out_among_threads_are_the_same(exact_rows, tmp_path, monkeypatch):
    one = train_many("bf-vae", exact_rows, tmp_path / "one", changes=SHORT)
    loops = []
    plain = many_seeds.SeedsLoop

    def counted(*arguments):
        loops.append(plain(*arguments))
        return loops[-1]

    monkeypatch.setattr(many_seeds, "LEAST_A_LOOP", 1)
    monkeypatch.setattr(many_seeds, "SeedsLoop", counted)
    torch.set_num_threads(2)
    try:
        two = train_many("bf-vae", exact_rows, tmp_path / "two", changes=SHORT)
    finally:
        torch.set_num_threads(1)
    assert [len(loop.feeds) for loop in loops] == [2, 1]
    for seed in SEEDS:
        assert_agree(one[seed], two[seed])


def test_more_seeds_than_fit_are_trained_in_groups(exact_rows, tmp_path, monkeypatch):
    monkeypatch.setattr(many_seeds, "AT_ONCE", 2)
    many = train_many("vae", exact_rows, tmp_path, changes=SHORT)
    assert [many[seed].summary.get("trained_together") for seed in SEEDS] == [2, 2, None]
    for seed in SEEDS:
        assert_agree(train_alone("vae", exact_rows, seed, SHORT), many[seed])


def test_every_folder_is_a_whole_run(exact_rows, tmp_path):
    train_many("bf-vae", exact_rows, tmp_path, changes=SHORT)
    train_alone("bf-vae", exact_rows, 4, SHORT, tmp_path / "alone")
    folders = [tmp_path / "alone", *(tmp_path / f"seed-{seed}" for seed in SEEDS)]
    listings = [sorted(path.name for path in folder.rglob("*")) for folder in folders]
    assert all(listing == listings[0] for listing in listings)
    configs = [json.loads((folder / "config.json").read_text()) for folder in folders]
    assert configs[0] == configs[2]
    assert [config["seed"] for config in configs] == [4, 3, 4, 5]
    states = [load_file(checkpoint_file(folder)) for folder in (folders[0], folders[2])]
    assert {name: value.shape for name, value in states[0].items()} == {
        name: value.shape for name, value in states[1].items()
    }
    loaded = Model.load(tmp_path / "seed-4")
    assert_agree(Model.load(tmp_path / "alone"), loaded)
    assert loaded.summary["seconds"] > 0


@pytest.mark.parametrize("after", [0, 7, 23])
def test_killed_together_and_resumed_together_is_bit_for_bit(after, rows, tmp_path, monkeypatch):
    whole = train_many("bf-vae", rows, tmp_path / "whole", changes=SHORT)
    with monkeypatch.context() as patch:
        interrupted(patch, after)
        with pytest.raises(KeyboardInterrupt):
            train_many("bf-vae", rows, tmp_path / "parts", changes=SHORT)
    parts = train_many("bf-vae", rows, tmp_path / "parts", resume=True)
    for seed in SEEDS:
        assert_same(whole[seed], parts[seed])
        assert parts[seed].summary["trained_together"] == len(SEEDS)


@pytest.mark.parametrize("apart", [(1,), (0, 1), (0,), (2,)])
def test_killed_between_two_checkpoints_other_groups_are_bit_for_bit(
    apart, rows, tmp_path, monkeypatch
):
    """Some seeds' last checkpoint is a later one than the others', so they go on in groups."""
    changes = {**SHORT, "learning_rate": 1e-2, "latent_dim": 3}
    whole = train_many("bf-vae", rows, tmp_path / "whole", changes=changes)
    saved, plain = [], SeedFeed.save

    def save(feed, tensors, notes):
        if notes["step"] == 20 and feed.seed not in [SEEDS[index] for index in apart]:
            raise KeyboardInterrupt if len(saved) == len(apart) else AssertionError
        if notes["step"] == 20:
            saved.append(feed.seed)
        plain(feed, tensors, notes)

    def save_all(loop):
        tensors = loop._tensors()
        order = sorted(range(len(loop.feeds)), key=lambda index: index not in apart)
        for index in order:
            notes = {"step": loop.step, "steps_per_second": 1.0, **loop._notes}
            loop.feeds[index].save(loop._share(tensors, index), notes)

    with monkeypatch.context() as patch:
        patch.setattr(SeedFeed, "save", save)
        patch.setattr(Loop, "_save_checkpoint", save_all)
        with pytest.raises(KeyboardInterrupt):
            train_many("bf-vae", rows, tmp_path / "parts", changes=changes)
    parts = train_many("bf-vae", rows, tmp_path / "parts", resume=True)
    groups = [parts[seed].summary["trained_together"] for seed in SEEDS]
    later = len(apart)
    assert groups == [later if k in apart else len(SEEDS) - later for k in range(len(SEEDS))]
    for seed in SEEDS:
        assert_same(whole[seed], parts[seed])


@pytest.mark.parametrize("name", ["bf-vae", "beta-tcvae", "dip-vae-ii"])
def test_a_seeds_bits_do_not_depend_on_its_company(name, rows, tmp_path):
    # Parameters of 3 elements, so that a stack of them never fills a vector.
    changes = {"steps": 60, "log_every": 20, "latent_dim": 3, "learning_rate": 1e-2}
    whole = train_many(name, rows, tmp_path / "7", range(7), changes=changes)
    for seeds in (range(2), range(4, 7)):
        some = train_many(name, rows, tmp_path / f"{len(seeds)}", seeds, changes=changes)
        for seed in seeds:
            assert_same(whole[seed], some[seed])


def test_killed_together_and_resumed_alone_is_bit_for_bit(rows, tmp_path, monkeypatch):
    whole = train_many("bf-vae", rows, tmp_path / "whole", changes=SHORT)
    with monkeypatch.context() as patch:
        interrupted(patch, 15)
        with pytest.raises(KeyboardInterrupt):
            train_many("bf-vae", rows, tmp_path / "parts", changes=SHORT)
    out = tmp_path / "parts" / "seed-4"
    resumed = uw.train("bf-vae", rows, seed=4, out=out, resume=True, progress=False)
    assert_same(whole[4], resumed)


def test_what_cannot_go_on_as_it_was_says_so(exact_rows, tmp_path, monkeypatch, caplog):
    with monkeypatch.context() as patch:
        interrupted(patch, 15)
        with pytest.raises(KeyboardInterrupt):
            train_many("bf-vae", exact_rows, tmp_path, changes=SHORT)
    out, heard = tmp_path / "seed-4", []

    def hear(*told):
        heard.append(told)

    resumed = uw.train("bf-vae", exact_rows, out=out, resume=True, progress=False, callbacks=[hear])
    assert heard
    assert [each.message for each in caplog.records if "to rounding only" in each.message]
    assert_agree(train_alone("bf-vae", exact_rows, 4, SHORT), resumed)


def test_seeds_at_several_steps_go_on_with_their_like(exact_rows, tmp_path, monkeypatch):
    """One is finished, three were killed alone, which go on alone, and two are new."""
    train_alone("bf-vae", exact_rows, 1, SHORT, tmp_path / "seed-1")
    for seed, after in ((2, 25), (3, 25), (4, 15)):
        with monkeypatch.context() as patch:
            interrupted(patch, after)
            with pytest.raises(KeyboardInterrupt):
                train_alone("bf-vae", exact_rows, seed, SHORT, tmp_path / f"seed-{seed}")
    before = (tmp_path / "seed-1" / "summary.json").stat().st_mtime_ns
    seeds = range(1, 7)
    many = train_many("bf-vae", exact_rows, tmp_path, seeds, changes=SHORT, resume=True)
    together_with = [many[seed].summary.get("trained_together") for seed in seeds]
    assert together_with == [None, None, None, None, 2, 2]
    assert_same(train_alone("bf-vae", exact_rows, 2, SHORT), many[2])
    assert (tmp_path / "seed-1" / "summary.json").stat().st_mtime_ns == before
    for seed in (2, 4, 6):
        assert_agree(train_alone("bf-vae", exact_rows, seed, SHORT), many[seed])


def break_seed(monkeypatch, seed, step):
    """Feed one seed noise that is not finite, from a step on."""
    plain, taken = SeedFeed.next, {}

    def next_inputs(feed):
        fed = plain(feed)
        taken[id(feed)] = taken.get(id(feed), 0) + 1
        if feed.seed == seed and taken[id(feed)] >= step:
            fed.draws.noise[0, 0] = torch.inf
        return fed

    monkeypatch.setattr(SeedFeed, "next", next_inputs)


def test_a_seed_that_diverges_leaves_the_others_alone(exact_rows, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        break_seed(patch, seed=4, step=16)
        with pytest.raises(DivergedError, match=r"^seed 4: step 16: loss term .* is (nan|inf)"):
            train_many("bf-vae", exact_rows, tmp_path, changes=SHORT)
    for seed in (3, 5):
        alone = train_alone("bf-vae", exact_rows, seed, SHORT)
        assert_agree(alone, Model.load(tmp_path / f"seed-{seed}"))
    broken = tmp_path / "seed-4"
    assert not (broken / "summary.json").exists()
    kept = load_file(checkpoint_file(broken))
    assert all(value.isfinite().all() for value in kept.values() if value.is_floating_point())
    # Without the cause, the last good checkpoint is taken up as any other.
    mended = train_many("bf-vae", exact_rows, tmp_path, resume=True)
    assert_agree(train_alone("bf-vae", exact_rows, 4, SHORT), mended[4])


def test_where_all_seeds_diverge_training_ends_at_once(rows, tmp_path):
    changes = SHORT | {"likelihood_variance": "step(0.1, 1e-38, 15)"}
    with pytest.raises(DivergedError, match=r"seed 3: step 16: .*; seed 5: step 16"):
        train_many("vae", rows, tmp_path, changes=changes)


@pytest.mark.parametrize("changes", [{}, {"precision": "bf16-mixed"}])
def test_what_cannot_be_stacked_is_trained_one_by_one(changes, pictures, rows, tmp_path):
    data = rows if changes else pictures
    short = {"steps": 4, "log_every": 2, "compile": "no", "channels": "8", "units": 16}
    many = train_many("vae", data, tmp_path, (0, 1), changes=short | changes)
    for seed, run in many.items():
        assert "trained_together" not in run.summary
        assert_same(train_alone("vae", data, seed, short | changes), run)


def test_the_front_door_gives_models_in_order(rows, tmp_path):
    options = {"steps": 10, "progress": False}
    uw.train("beta-vae", rows, seed=8, out=tmp_path / "seed-8", **options)
    models = uw.train_seeds(
        "beta-vae", rows, seeds=4, seed=6, out=tmp_path, resume=True, beta=4.0, **options
    )
    assert [model.seed for model in models] == [6, 7, 8, 9]
    assert [model.folder.name for model in models] == [f"seed-{seed}" for seed in range(6, 10)]
    assert all(isinstance(model, uw.Model) for model in models)
    assert models[0].summary["trained_together"] == 3
