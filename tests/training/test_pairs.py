"""Training from pairs: whole batches, exact resumption, and requests that do not fit."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from support import train_run
from unweave.data import Dataset, load_data
from unweave.training.feed import PairStream
from unweave.training.loop import Loop

SHORT = {"steps": 8, "log_every": 2, "checkpoint_seconds": 0, "batch_size": 8, "compile": "no"}
SMALL = {**SHORT, "channels": "4,4,4,4", "units": 8, "latent_dim": 3}


@pytest.fixture(scope="module")
def sprites() -> Dataset:
    return load_data("sprites:scales=2,orientations=2,positions=3")


def test_the_rows_of_a_batch_are_pairs(sprites: Dataset) -> None:
    factors = sprites.factors.values

    def batches(seed: int, count: int) -> list[torch.Tensor]:
        stream = PairStream(sprites.training_pairs, 1, 6, (seed, 1), torch.device("cpu"))
        return [stream.next() for _ in range(count)]

    for batch in batches(0, 20):
        assert ((factors[batch[::2]] != factors[batch[1::2]]).sum(1) == 1).all()
    first = torch.cat(batches(0, 20))[::2]
    assert len(set(first.tolist())) == 60  # Each row once, before any is seen again.


def test_pairs_go_on_where_they_were_put_down(
    sprites: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = train_run("ada-gvae", sprites, SMALL, seed=3)
    plain = Loop._take_step

    def interrupted(loop: Loop) -> tuple[list[str], torch.Tensor]:
        if loop.step == 5:
            raise KeyboardInterrupt
        return plain(loop)

    with monkeypatch.context() as patch:
        patch.setattr(Loop, "_take_step", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train_run("ada-gvae", sprites, SMALL, seed=3, out=tmp_path)
    parts = train_run("ada-gvae", sprites, SMALL, seed=3, out=tmp_path, resume=True)
    for name, value in whole.module.state_dict().items():
        assert torch.equal(value, parts.module.state_dict()[name]), name
    assert parts.encode(sprites).shape == (len(sprites), 3)


def test_a_pair_is_never_divided(sprites: Dataset, refuses: Callable[..., str]) -> None:
    refuses(lambda: train_run("ada-gvae", sprites, {**SMALL, "batch_size": 7}), "even")
    few = train_run("ada-gvae", sprites, {**SMALL, "batch_size": 999})
    assert few.training.batch_size == 2 * len(sprites.training_pairs)


def test_data_must_have_pairs(
    sprites: Dataset, refuses: Callable[..., str], tmp_path: Path
) -> None:
    def training(data: object, **changes: object) -> Callable[[], object]:
        return lambda: train_run("ada-gvae", data, {**SMALL, **changes}, out=tmp_path / "run")

    refuses(training(load_data("fa15:rows=64")), "ada-gvae learns from pairs", "fa15")
    refuses(training(load_data("digits")), "ada-gvae learns from pairs", "no factors")
    refuses(training(sprites, changed_factors=5), "changed_factors=5", "has 5", "at most 4")
    assert not (tmp_path / "run").exists()
