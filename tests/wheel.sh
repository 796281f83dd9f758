#!/usr/bin/env bash
# Builds the wheel, installs it into a new environment, and uses it from an empty folder.
set -euo pipefail
checkout=$(cd "$(dirname "$0")/.." && pwd)
place=$(mktemp -d)
studio=
trap 'test -z "$studio" || kill "$studio"; rm -rf "$place"' EXIT
python -m pip wheel --quiet --no-deps --wheel-dir "$place/dist" "$checkout"
python -m venv "$place/env"
wheel=$(echo "$place"/dist/*.whl)
"$place/env/bin/python" -m pip install --quiet -c "$checkout/constraints.txt" "$wheel[app]"
mkdir "$place/empty"
cd "$place/empty"
export UNWEAVE_CACHE="$place/cache"
"$place/env/bin/unweave" data list
"$place/env/bin/unweave" train vae --data fa15 --out run --steps 50
"$place/env/bin/unweave" report run --out report.html
"$place/env/bin/unweave" export run --format page --out page.html

# The studio, on the models that come with the package.
"$place/env/bin/unweave" app 2> log &
studio=$!
for _ in $(seq 120); do
    grep -q 'open http' log && break
    kill -0 "$studio" || { cat log; exit 1; }
    sleep 1
done
address=$(sed -n 's/.*open \(http[^ ]*\).*/\1/p' log)
"$place/env/bin/python" - "$address" << 'END'
import sys
from urllib.request import urlopen

assert b"Eyeglasses" in urlopen(sys.argv[1]).read()  # A slider of the first page.
urlopen(sys.argv[1] + "/config").read()  # It is held until the whole studio is open.
END
kill "$studio"
studio=

"$place/env/bin/unweave" demo --out demo
