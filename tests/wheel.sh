#!/usr/bin/env bash
# Builds the wheel, installs it into a new environment, and uses it from an empty folder.
set -euo pipefail
checkout=$(cd "$(dirname "$0")/.." && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python -m pip wheel --quiet --no-deps --wheel-dir "$place/dist" "$checkout"
python -m venv "$place/env"
"$place/env/bin/python" -m pip install --quiet -c "$checkout/constraints.txt" "$place"/dist/*.whl
mkdir "$place/empty"
cd "$place/empty"
"$place/env/bin/unweave" data list
"$place/env/bin/unweave" train vae --data fa15 --out run --steps 50
"$place/env/bin/unweave" report run --out report.html
"$place/env/bin/unweave" demo --out demo
