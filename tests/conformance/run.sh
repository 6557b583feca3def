#!/bin/sh
# Holds the tests' stub to the official packages of the APIs that it imitates, and liner to mocks that others wrote.
# Needs Python 3.10 and Node 20 or later; what it installs lies under target/conformance.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
place=$target/conformance
mkdir -p "$place"

[ -x "$place/venv/bin/python" ] || python3 -m venv "$place/venv"
"$place/venv/bin/pip" install --quiet --requirement "$here/requirements.txt"
cp "$here/package.json" "$here/package-lock.json" "$here/aimock.mjs" "$place/"
(cd "$place" && npm ci --silent --no-audit --no-fund)

cd "$root"
cargo build --quiet --package liner-tests --bin model-stub
cargo build --quiet --package liner --bin liner

export LINER="$target/debug/liner" MODEL_STUB="$target/debug/model-stub" PLACE="$place" PYTHONDONTWRITEBYTECODE=1
"$place/venv/bin/python" "$here/sdks.py"
"$place/venv/bin/python" "$here/mocks.py" "$@"
