"""Texts that the studio and its first page share; both begin with the same words."""

from __future__ import annotations

from typing import Literal

TITLE = "unweave studio"
PanelKind = Literal["attributes", "images", "table"]
"""Panels: attributes of images to set, or latent values of images or of table rows to move."""
WELCOME: dict[PanelKind, str] = {
    "attributes": "Choose an image, then drag a slider. Each sets the degree of one attribute: "
    "0 is not at all, 1 is fully, and values beyond them go further.",
    "images": "Choose an image, then drag a slider. Each moves one latent dimension; the most "
    "informative is at the top. See what changes and what does not.",
    "table": "Choose a row, then drag a slider. Each moves one latent dimension; the bars show "
    "which columns respond, and by how much.",
}
