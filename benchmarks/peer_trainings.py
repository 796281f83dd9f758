"""Trainings of images and of tables, as rows for `peers.py`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import torch
from peer_loops import Bare, Ours, Pythae, disent_training
from rounds import Contender, Measure, Row
from torch.profiler import ProfilerActivity, profile

from unweave.data import Dataset, load_data

CPU = torch.device("cpu")
SINGLE = {"precision": "32-true", "compile": "no"}
TITLES = {"vae": "VAE", "beta-vae": "beta-VAE", "factor-vae": "FactorVAE"}
# What the operations of a step are for, by the beginnings of their names.
PURPOSES = {
    "convolutions": ("aten::convolution_backward", "aten::_convolution", "aten::mkldnn_conv"),
    "matrix products": ("aten::mm", "aten::addmm", "aten::bmm", "aten::baddbmm"),
    "batch norm": ("aten::native_batch_norm",),
    "activations": ("aten::leaky_relu", "aten::relu", "aten::threshold", "aten::sigmoid"),
    "optimiser": ("aten::_fused_adam", "Optimizer"),
    "copies, casts and fills": ("aten::copy_", "aten::fill_", "aten::cat", "aten::_to_copy"),
}


@cache
def data(name: str) -> Dataset:
    """Return a data set, loaded once."""
    return load_data(name)


def taking(make: Callable[[], Callable[[int], float]], steps: int) -> Callable[[], Measure]:
    """Return what sets up a loop whose rounds have some steps."""

    def set_up() -> Measure:
        loop = make()
        return lambda: loop(steps)

    return set_up


def images_row(model: str, steps: int) -> Row:
    sprites = data("sprites:count=6400")
    ours = partial(Ours, model, sprites, "cpu")
    contenders = [
        Contender("ours, default", taking(ours, steps), default_kind(ours)),
        Contender("ours, float32", taking(partial(ours, **SINGLE), steps)),
    ]
    if model != "factor-vae":
        bare = partial(Bare, model, sprites, CPU)
        contenders.append(Contender("bare loop, float32", taking(bare, steps)))
    contenders += [
        Contender("pythae 0.1.2", taking(partial(Pythae, model, sprites, CPU), steps)),
        Contender("disent", taking(lambda: disent_training, steps)),
    ]
    title = f"{TITLES[model]}, 64 x 64, batch 64"
    return Row(title, "a step", contenders, 2, ours(**SINGLE).step)


def table_row(model: str, steps: int) -> Row:
    rows, steps = data("fa15"), 10 * steps
    ours = partial(Ours, model, rows, "cpu")
    contenders = [Contender("ours", taking(ours, steps))]
    if model != "factor-vae":
        contenders.append(Contender("bare loop", taking(partial(Bare, model, rows, CPU), steps)))
    pythae = partial(Pythae, model, rows, CPU)
    contenders.append(Contender("pythae 0.1.2", taking(pythae, steps)))
    return Row(f"{TITLES[model]}, FA15, batch 256", "a step", contenders, 1, ours().step)


def edits_row(steps: int) -> Row:
    faces = data("faces:count=1280")
    ours = partial(Ours, "mdd-ae-dcov", faces, "cpu")
    steps = max(1, steps // 5)
    contenders = [
        Contender("ours, default", taking(ours, steps), default_kind(ours)),
        Contender("ours, float32", taking(partial(ours, **SINGLE), steps)),
    ]
    title = "mdd-ae-dcov, 64 x 64 in colour, batch 128"
    work = ours(**SINGLE).step
    return Row(title, "a step", contenders, 2, work, lambda: purposes(ours().step))


def default_kind(ours: Callable[..., Ours]) -> torch.dtype:
    """Return the precision of our products by default on this machine."""
    bf16 = ours().loop.fabric._precision.precision == "bf16-mixed"
    return torch.bfloat16 if bf16 else torch.float32


def purposes(step: Callable[[], Any], steps: int = 5) -> str:
    """Return a line with the shares of a step's time, by what its operations are for."""
    step()
    with profile(activities=[ProfilerActivity.CPU]) as found:
        for _ in range(steps):
            step()
    spent: Counter[str] = Counter()
    for event in found.key_averages():
        purpose = next((p for p, n in PURPOSES.items() if event.key.startswith(n)), "the rest")
        spent[purpose] += event.self_cpu_time_total
    shares = [f"{name} {time / spent.total():.0%}" for name, time in spent.most_common()]
    return f"By default, of a step's time: {', '.join(shares)}."


TRAININGS: dict[str, Callable[[int], Row]] = {
    **{model: partial(images_row, model) for model in TITLES},
    "mdd-ae-dcov": edits_row,
    **{f"{model}-table": partial(table_row, model) for model in TITLES},
}
