"""What a table's run loads and encodes without: figures and classifiers."""

import subprocess
import sys

import unweave as uw

HEAVY = ("matplotlib", "sklearn", "scipy.stats", "gradio", "ray", "torchmetrics", "h5py")
CODE = """
import sys
import unweave as uw
model = uw.load(sys.argv[1])
codes = model.encode(sys.argv[2])
assert codes.shape == (40, 10), codes.shape
print([name for name in {heavy!r} if name in sys.modules])
"""


def test_load_and_encode_import_nothing_heavy(tmp_path):
    table = uw.load_data("fa15:rows=40")
    frame = table.table.restore(table.samples[:])
    frame.to_csv(tmp_path / "table.csv", index=False)
    data = str(tmp_path / "table.csv")
    uw.train("vae", data, steps=2, out=tmp_path / "run", progress=False)
    code = CODE.format(heavy=HEAVY)
    ended = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "run"), data],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.strip() == "[]"


def test_help_needs_no_torch():
    code = (
        "import sys\n"
        "from unweave.cli import run_command\n"
        "assert run_command(['--help']) == 0\n"
        "print([name for name in ('torch', 'numpy', 'pandas') if name in sys.modules])\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "[]"
