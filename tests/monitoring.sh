#!/usr/bin/env bash
# Holds docs/monitoring against Prometheus' own checker and against a running host: the alerts are checked and played, the
# dashboard's queries are understood, and every figure they name is told by a host that is busy. Installs Debian's
# `prometheus` where it is missing and may be installed.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v promtool >/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        # Only its checker is wanted, not a server that runs from now on.
        apt-get update -q && RUNLEVEL=1 apt-get install -q -y --no-install-recommends prometheus
    else
        echo "promtool is not installed (Debian: prometheus), and this is not root" >&2
        exit 1
    fi
fi

promtool check rules docs/monitoring/alerts.yml
promtool test rules docs/monitoring/alerts_test.yml
for example in docs/monitoring/prometheus*.yml; do
    promtool check config --syntax-only "$example"
done
LINER_TESTS_NEED_PROMTOOL=1 cargo test --locked -p liner --test telemetry -- monitoring figures
