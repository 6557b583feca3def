#!/usr/bin/env bash
# The dashboard in Debian's Chromium. Installs the browser and its driver where that may be done, else says what to do; with
# `install` that is all. Pictures are in target/e2e afterwards.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v chromedriver >/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium chromium-driver fonts-liberation
    else
        echo "chromedriver is not installed. On Debian: sudo apt-get install chromium chromium-driver" >&2
        exit 1
    fi
fi

if [ "${1:-}" = install ]; then exit; fi

rm -rf target/e2e
LINER_TESTS_NEED_BROWSER=1 cargo test -p liner --test dashboard -- --nocapture "$@"
echo "pictures:"
ls target/e2e/*.png
