#!/bin/sh
# Calls every operation of the API's description with what fits it and with what does not, and holds each answer to it.
# Needs Python 3.10 or later; what it installs lies under target/schemathesis. Arguments go to schemathesis:
# `run.sh --include-operation-id enqueue --max-examples 200` looks closer at one operation.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
place=$target/schemathesis
mkdir -p "$place"

[ -x "$place/venv/bin/python" ] || python3 -m venv "$place/venv"
"$place/venv/bin/pip" install --quiet --requirement "$here/requirements.txt"

cd "$root"
# Together, so that what the tests were built with is not built again.
cargo build --quiet --locked --package liner-tests --bin model-stub --package liner --bin liner

export LINER="$target/debug/liner" MODEL_STUB="$target/debug/model-stub" PLACE="$place"
export COMPONENT="$root/plugins/bundled/rules.wasm" SHADOW="$root/tests/guests/hostile.wasm" PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$here:$root/tests/conformance"
"$place/venv/bin/python" "$here/run.py" "$@"
