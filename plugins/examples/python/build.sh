#!/bin/sh
# Builds bandcamp.wasm, and in bindings/ the contract's types for the tests and for editors.
set -eu
cd "$(dirname "$0")"
python3 -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check --requirement requirements.txt
contract() { .venv/bin/componentize-py --quiet --wit-path ../../../wit --world extractor "$@"; }
rm -rf bindings
contract bindings bindings
contract componentize bandcamp --stub-wasi --output bandcamp.wasm
