"""Batches by index: an endless stream of shuffled rows that can be put down and taken up."""

from __future__ import annotations

import torch


class BatchStream:
    """Rows of the training split in shuffled order, epoch after epoch.

    A batch that reaches the end of an epoch is completed from the next one, so that all
    batches are of one size and every row is seen equally often.

    Parameters
    ----------
    rows : torch.Tensor
        int64 row numbers of the training split.
    batch_size : int
        At most the number of rows.
    seed : int
    """

    def __init__(self, rows: torch.Tensor, batch_size: int, seed: int) -> None:
        self.rows, self.batch_size = rows, batch_size
        self._generator = torch.Generator().manual_seed(seed)
        self._begin_epoch()

    def _begin_epoch(self) -> None:
        self._epoch_state = self._generator.get_state()
        order = torch.randperm(len(self.rows), generator=self._generator)
        self._order = order.to(self.rows.device)
        self._position = 0

    def next(self) -> torch.Tensor:
        """Return the next `batch_size` row numbers."""
        order, position = self._order, self._position
        chosen = order[position : position + self.batch_size]
        self._position += len(chosen)
        if missing := self.batch_size - len(chosen):
            self._begin_epoch()
            chosen = torch.cat([chosen, self._order[:missing]])
            self._position = missing
        return self.rows[chosen]

    def state(self) -> dict[str, torch.Tensor]:
        """Return what `restore` needs, as tensors."""
        return {"generator": self._epoch_state, "position": torch.tensor(self._position)}

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """Go on where another stream over the same rows was put down."""
        self._generator.set_state(state["generator"])
        self._begin_epoch()
        self._position = int(state["position"])
