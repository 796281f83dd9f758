"""The parts of the documentation that the code determines: tables, formulas, worked examples.

Run as a program, this file updates these parts on all pages.
"""

import ast
import dataclasses
import re
from pathlib import Path

import unweave
from unweave.cli.settings_help import setting_lines
from unweave.data import FORMATS, SOURCES, Source
from unweave.data.restrictions import RESTRICTION_OPTIONS
from unweave.metrics.aliases import ALIASES as SCORE_ALIASES
from unweave.metrics.registry import SCORES
from unweave.metrics.score import FactorScore, PosteriorScore, ReconstructionScore
from unweave.models.aliases import ALIASES as MODEL_ALIASES
from unweave.models.families import ATTRIBUTE, FAMILIES, MODELS, VARIATIONAL
from unweave.nets.columns import LIKELIHOODS
from unweave.objectives.columns.registry import DISTRIBUTIONS
from unweave.objectives.term import objective_formula
from unweave.runs.training_settings import TrainingSettings, training_settings

ROOT = Path(__file__).parents[1]
SOURCE = Path(unweave.__file__).parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
GENERATED = re.compile(
    r"(?<=<!-- generated: )(?P<name>[a-z ]+) -->\n(?P<table>.*?)(?=<!-- end of generated -->)", re.S
)
TESTS = ROOT / "tests"


def groups():
    """Return every group of settings."""
    return (*(family.settings for family in FAMILIES), TrainingSettings)


def table(heads, rows):
    cells = [heads, ["---"] * len(heads), *rows]
    lines = (
        " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in row)
        for row in cells
    )
    return "".join(f"| {line} |\n" for line in lines)


def code(value):
    return f"`{value}`"


def models_table():
    rows = [(code(name), row.summary, row.source) for name, row in MODELS.items()]
    return table(("model", "what it is", "source"), rows)


def written(settings):
    """Return settings as they are typed."""
    texts = (
        f"{name}={','.join(map(str, value)) if isinstance(value, tuple) else value}"
        for name, value in settings.items()
    )
    return ", ".join(map(code, texts)) or "–"


COLUMNS = {
    "tables": "tables",
    "tables_of_levels": "tables of levels alone",
    "images": "images",
    "small_images": "images up to 32 x 32",
    "large_images": "larger images",
    "paper": "images, `form=paper`",
    "paper_small_images": "images up to 32 x 32, `form=paper`",
    "paper_large_images": "larger images, `form=paper`",
}


def by_column(defaults):
    """Return the defaults for some data, such as ``tables: `gamma=5` ``."""
    parts = {title: getattr(defaults, name) for name, title in COLUMNS.items()}
    return "; ".join(f"{title}: {written(own)}" for title, own in parts.items() if own) or "–"


def corners_table(models=MODELS):
    rows = [
        (code(name), written(row.settings), by_column(row.defaults), row.source)
        for name, row in models.items()
    ]
    return table(("model", "sets", "sets on some data", "source"), rows)


def family_defaults_table():
    rows = [
        (family.title, title, written(getattr(family.defaults, name)))
        for family in FAMILIES
        for name, title in {"all": "any", **COLUMNS}.items()
        if getattr(family.defaults, name)
    ]
    return table(("models", "data", "defaults"), rows)


def column_likelihoods_table():
    rows = [
        (
            ", ".join(code(kind) for kind, own in LIKELIHOODS.items() if own == name),
            law.name,
            law.summary,
            law.source,
        )
        for name, law in DISTRIBUTIONS.items()
    ]
    return table(("kinds", "likelihood", "a cell is", "source"), rows)


def terms_table(family):
    """Return the terms of a family: symbol in the papers, name in the code, unit, weight."""
    rows = [
        (
            term.symbol,
            code(term.name),
            term.unit or "–",
            f"{term.weight.symbol}: {code(term.weight.name)}" if term.weight else _unweighed(term),
            term.source,
        )
        for term in family.all_terms
    ]
    return table(("symbol", "name", "unit", "weight", "source"), rows)


def _unweighed(term):
    if term.adversary:
        return "the discriminator's own loss"
    return "logged only" if term.watched else "1"


def formula(family):
    """Return the objective of a family, with a line for each term."""
    lines = objective_formula(family.all_terms).replace(" + ", "\n    + ")
    return f"```text\nL =   {lines}\n```\n"


def floors():
    """Return the rooms from the ground up, as the test of imports has them."""
    tree = ast.parse((TESTS / "house/test_arrows.py").read_text(encoding="utf-8"))
    constants = [node for node in tree.body if isinstance(node, ast.Assign)]
    found = next(node for node in constants if ast.unparse(node.targets[0]) == "FLOORS")
    return [floor for floor in ast.literal_eval(found.value) if floor != ("__main__",)]


def rooms_table():
    """Return every room: of a package the docstring, of a module its first paragraph."""
    rows = []
    for room in (room for floor in floors() for room in floor):
        package = SOURCE / room / "__init__.py"
        path = package if package.exists() else SOURCE / f"{room}.py"
        if not path.exists():
            continue
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        if path is not package:
            text = text.split("\n\n")[0]
        name = f"{room}/" if path is package else path.name
        rows.append((code(name), " ".join(text.split())))
    return table(("room", "what it holds, and what others use of it"), rows)


def order_of_imports():
    return "```text\n" + " → ".join(", ".join(floor) for floor in floors()) + "\n```\n"


def example(path):
    """Return a worked example of the tests as a block of code."""
    return f"```python\n{(TESTS / path).read_text(encoding='utf-8')}```\n"


def settings_table(group, model=None):
    fields = {field.name: field for field in dataclasses.fields(group)}
    rows = []
    for name, line in setting_lines(model, (group,)):
        help, default = re.fullmatch(r"(.*) \[default: (.*)\]", line).groups()
        help = help.removesuffix(" [may be scheduled]")
        rows.append((code(name), help, default, allowed(fields[name].metadata)))
    return table(("setting", "what it is", "default", "allowed"), rows)


def allowed(limits):
    if limits["choices"]:
        return ", ".join(map(code, limits["choices"]))
    if limits["least"] is not None:
        return f"at least {limits['least']:g}"
    return f"above {limits['above']:g}" if limits["above"] is not None else "any"


def defaults_by_data_table():
    shapes = {
        "tables": (15,),
        "images up to 32 x 32": (1, 32, 32),
        "larger images": (1, 64, 64),
    }
    names = ("steps", "batch_size", "learning_rate", "adam_beta1")
    rows = []
    for family in FAMILIES:
        model = next(iter(family.corners))
        for form in family.forms or ("",):
            title = f"{family.name}, `form=paper`" if form == "paper" else family.name
            for kind, shape in shapes.items():
                values = training_settings(model, shape, {}, form).to_json()
                rows.append((title, kind, *(values[name] for name in names)))
    return table(("family", "data", *map(code, names)), rows)


def schedulable_table():
    rows = [
        (code(name), help.removesuffix(" [may be scheduled]"))
        for group in groups()
        for name, _, help in group.help_lines()
        if name in group.schedulable()
    ]
    return table(("setting", "what it is"), rows)


def where_from(entry: Source):
    if entry.files is None:
        return "part of the package"
    return "fetched" if entry.files.fetched else "put in place by you"


def data_table():
    rows = [
        (code(entry.name), entry.kind, entry.description, where_from(entry), entry.licence)
        for entry in SOURCES.values()
    ]
    return table(("name", "kind", "what it is", "files", "licence"), rows)


def options_table():
    owners = {}
    for entry in SOURCES.values():
        for option in entry.options:
            owners.setdefault(option, []).append(code(entry.name))
    for format in FORMATS.values():
        for option in format.options:
            what = format.what or ", ".join(map(code, format.suffixes))
            owners.setdefault(option, []).append(what)
    for option in RESTRICTION_OPTIONS:
        owners[option] = ["any data with factors"]
    rows = [
        (", ".join(names), code(option.name), option.default or "–", option.help)
        for option, names in owners.items()
    ]
    return table(("data", "option", "default", "what it does"), rows)


def formats_table():
    rows = [
        (", ".join([*map(code, each.suffixes), *([each.what] if each.what else [])]), each.becomes)
        for each in FORMATS.values()
    ]
    return table(("given", "read as"), rows)


NEEDS = {"images": "images", "factors": "known factors", "posterior": "a posterior"}


def scores_table(kind):
    rows = [
        (
            code(name),
            row.summary,
            f"{bound(row.range[0])} to {bound(row.range[1])}",
            "higher" if row.higher_is_better else "lower",
            "; ".join(f"{kind}: {unit}" for kind, unit in row.units.items()) or "–",
            " and ".join(NEEDS[need] for need in row.needs) or "any data",
            row.source,
        )
        for name, row in SCORES.items()
        if isinstance(row, kind)
    ]
    heads = ("score", "what it is", "range", "better", "unit", "needs", "source")
    return table(heads, rows)


def bound(value):
    return f"{value:g}".replace("inf", "∞").replace("-", "−")


def written_also(name, aliases):
    """Return the other names that stand for one thing alone."""
    return ", ".join(code(other) for other, names in aliases.items() if names == (name,)) or "–"


def model_index():
    rows = [
        (code(name), written_also(name, MODEL_ALIASES), row.summary, f"[{family.title}]({page})")
        for family, page in ((VARIATIONAL, "variational.md"), (ATTRIBUTE, "attribute.md"))
        for name, row in family.corners.items()
    ]
    return table(("model", "also", "what it is", "page"), rows)


SCORE_PAGES = {
    FactorScore: "[scores](scores.md)",
    PosteriorScore: "[the parts of the KL divergence](scores.md#the-parts-of-the-kl-divergence)",
    ReconstructionScore: "[reconstructions](reconstruction.md)",
}


def score_index():
    rows = [
        (code(name), written_also(name, SCORE_ALIASES), row.summary, SCORE_PAGES[type(row)])
        for name, row in SCORES.items()
    ]
    return table(("score", "also", "what it is", "page"), rows)


def places_table():
    rows = [
        (code(entry.name), ", or ".join(map(code, entry.files.places)), entry.files.origin)
        for entry in SOURCES.values()
        if entry.files is not None
    ]
    return table(("name", "file or folder", "from"), rows)


TABLES = {
    "attribute formula": lambda: formula(ATTRIBUTE),
    "attribute terms": lambda: terms_table(ATTRIBUTE),
    "variational formula": lambda: formula(VARIATIONAL),
    "variational terms": lambda: terms_table(VARIATIONAL),
    "column likelihoods": column_likelihoods_table,
    "family defaults": family_defaults_table,
    "rooms": rooms_table,
    "order of imports": order_of_imports,
    "example corner": lambda: example("house/examples/absolute_means.py"),
    "example score": lambda: example("house/examples/active_units.py"),
    "example source": lambda: example("data/examples/sources/iris.py"),
    "example format": lambda: example("data/examples/formats/npy.py"),
    "attribute settings": lambda: settings_table(ATTRIBUTE.settings, "mdd-ae-dcov"),
    "attribute corners": lambda: corners_table(ATTRIBUTE.corners),
    "corners": corners_table,
    "variational corners": lambda: corners_table(VARIATIONAL.corners),
    "data": data_table,
    "defaults by data": defaults_by_data_table,
    "index of models": model_index,
    "index of scores": score_index,
    "model settings": lambda: settings_table(VARIATIONAL.settings),
    "models": models_table,
    "options": options_table,
    "places": places_table,
    "schedulable": schedulable_table,
    "formats": formats_table,
    "factor scores": lambda: scores_table(FactorScore),
    "posterior scores": lambda: scores_table(PosteriorScore),
    "reconstruction scores": lambda: scores_table(ReconstructionScore),
    "training settings": lambda: settings_table(TrainingSettings),
}


def with_tables(text):
    """Return a page with its generated parts made again."""
    return GENERATED.sub(lambda hit: f"{hit['name']} -->\n{TABLES[hit['name']]()}", text)


def write_tables():
    """Update the generated parts of all pages."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        if text != with_tables(text):
            page.write_text(with_tables(text), encoding="utf-8")


if __name__ == "__main__":
    write_tables()
