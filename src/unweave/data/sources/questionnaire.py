"""A made-up personality questionnaire: 25 items rated 1 to 5, driven by five known traits.

Items are named like those of the five-factor model, five a trait: N (neuroticism), E
(extraversion), O (openness), A (agreeableness), C (conscientiousness). Nobody has filled it in.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from unweave.data.assemble import Contents
from unweave.data.factors import Factors
from unweave.data.files.bounds import require_cells
from unweave.data.options import Option
from unweave.data.source import Source
from unweave.data.splits import require_rows
from unweave.data.tables.read import read_table
from unweave.data.tables.schema import TableSchema
from unweave.errors import RequestError

TRAITS = ("neuroticism", "extraversion", "openness", "agreeableness", "conscientiousness")
ITEMS = 5
# As in the field, two items of each trait ask for its opposite.
REVERSED = (2, 4)
ROWS = 3000
GENERATOR_SEED = 1936


def read(
    *, rows: int = ROWS, seed: int = GENERATOR_SEED, schema: TableSchema | None = None
) -> Contents:
    """Draw answers; item i of a trait is round(3 ± λ_i f + ε), cut off at 1 and 5.

    Traits f are independent and standard normal, loadings λ fall from 1.1 to 0.7 by item and by
    0.04 from trait to trait, ε has a standard deviation of 0.6.

    Raises
    ------
    RequestError
        If there are fewer than 16 rows, or the seed is negative.
    """
    require_rows(rows, f"rows={rows}: a questionnaire")
    require_cells(f"rows={rows}", rows, len(TRAITS) * ITEMS, "ask for fewer", copies=3)
    if seed < 0:
        raise RequestError(f"seed={seed}: give a whole number from 0 on")
    generator = np.random.default_rng(seed)
    traits = generator.standard_normal((rows, len(TRAITS)))
    loadings = np.zeros((len(TRAITS) * ITEMS, len(TRAITS)))
    titles: list[str] = []
    for k, trait in enumerate(TRAITS):
        for item in range(1, ITEMS + 1):
            sign = -1 if item in REVERSED else 1
            loadings[len(titles), k] = sign * (1.2 - 0.1 * item - 0.04 * k)
            titles.append(f"{trait[0].upper()}{item}")
    noise = 0.6 * generator.standard_normal((rows, len(titles)))
    answers = np.clip(np.round(3 + traits @ loadings.T + noise), 1, 5)
    return replace(
        read_table(pd.DataFrame(answers, columns=titles), schema=schema, counters=False),
        factors=Factors(TRAITS, traits, (None,) * len(TRAITS), loadings),
        synthetic=True,
    )


SOURCE = Source(
    name="questionnaire",
    description="made up: 25 items rated 1 to 5, driven by five known traits",
    kind="table",
    licence="generated here",
    read=read,
    options=(
        Option("rows", ROWS, int, "number of rows"),
        Option("seed", GENERATOR_SEED, int, "seed of the generator", least=0),
    ),
)
