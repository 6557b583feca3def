#!/usr/bin/env bash
# `make load`: what many callers cost and get, one line a figure. The load comes from wrk, which shares the machine.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v wrk >/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -q && apt-get install -q -y --no-install-recommends wrk
    else
        echo "wrk is not installed: on Debian, apt-get install wrk" >&2
        exit 1
    fi
fi
echo "# $(nproc) cores of $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(uname -sr), load before: $(cut -d' ' -f1-3 /proc/loadavg)"
# The streams are files of the measuring process too.
ulimit -n 4096
cargo bench --quiet -p liner --bench figures -- load
