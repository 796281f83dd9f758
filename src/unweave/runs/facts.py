"""The facts by which a trained model shows itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from unweave.display import by, few

if TYPE_CHECKING:
    from unweave.runs.model import Model


def model_facts(model: Model) -> dict[str, object]:
    """Return name, data, codes, training and health of a model, for `Displayed`."""
    summary = model.summary
    informative = [f"z{k}" for k in summary.get("informative", [])]
    loss = summary.get("loss", {}).get("loss")
    return {
        "model": f"{model.name}, seed {model.seed}",
        "data": f"{model.data['name']}, {by(model.sample_shape)}",
        "codes": f"{model.latent_dim} dimensions",
        "labels": few(list(model.targets.names)),
        "trained": f"{summary['steps']:,} steps" if summary else "not yet",
        "loss": "" if loss is None else f"{loss:.4g}",
        "informative": few(informative),
        "health": model.health.get("note") or "",
        "folder": model.folder or "",
    }
