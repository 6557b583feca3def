#!/usr/bin/env bash
# Installs the programs of requirements.txt under target/tools, unless they are there, and prints the folder they are in.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=$PWD/target/tools
wanted=$(sha256sum <packaging/requirements.txt)
if [ "$(cat "$tools/installed" 2>/dev/null)" != "$wanted" ]; then
    rm -rf "$tools"
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check --no-deps -r packaging/requirements.txt >&2
    echo "$wanted" >"$tools/installed"
fi
echo "$tools/bin"
