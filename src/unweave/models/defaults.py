"""Defaults by kind of data, as families and corners declare them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["images", "table"]
# Images up to this side count as small: they are too small for three scales of MS-SSIM.
SMALL_SIDE = 32


@dataclass(frozen=True)
class Defaults:
    """Settings of a model and of its training that apply unless the user changes them.

    Attributes
    ----------
    all : mapping of str to Any
        Those for any data.
    tables, images : mapping of str to Any
        Those for tables, and those for images of any size.
    tables_of_levels : mapping of str to Any
        Those for tables of which levels and counts alone are learned, whose likelihoods have no
        variance.
    small_images, large_images : mapping of str to Any
        Those for images up to 32 x 32, and those for larger images.
    paper, paper_small_images, paper_large_images : mapping of str to Any
        Those of the form ``paper``: for images of any size, for small and for larger ones.
    """

    all: Mapping[str, Any] = field(default_factory=dict)
    tables: Mapping[str, Any] = field(default_factory=dict)
    tables_of_levels: Mapping[str, Any] = field(default_factory=dict)
    images: Mapping[str, Any] = field(default_factory=dict)
    small_images: Mapping[str, Any] = field(default_factory=dict)
    large_images: Mapping[str, Any] = field(default_factory=dict)
    paper: Mapping[str, Any] = field(default_factory=dict)
    paper_small_images: Mapping[str, Any] = field(default_factory=dict)
    paper_large_images: Mapping[str, Any] = field(default_factory=dict)

    def columns(
        self, shape: Sequence[int], form: str = "", *, of_levels: bool = False
    ) -> Iterator[Mapping[str, Any]]:
        """Yield the settings for samples of one shape; later ones override earlier ones."""
        yield self.all
        if kind_of(shape) == "table":
            yield self.tables
            if of_levels:
                yield self.tables_of_levels
            return
        small = max(shape[1:]) <= SMALL_SIDE
        yield self.images
        yield self.small_images if small else self.large_images
        if form == "paper":
            yield self.paper
            yield self.paper_small_images if small else self.paper_large_images


def kind_of(shape: Sequence[int]) -> Kind:
    """Return whether samples of a shape, (C, H, W) or (J,), are images or rows of a table."""
    return "table" if len(shape) == 1 else "images"
