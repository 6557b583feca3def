#!/usr/bin/env bash
# Checks what is packaged. The quick ones, seconds, run in CI:
#   lint     the Dockerfile, the compose file and the Kubernetes objects, by their linters and schemas
#   unit     the systemd unit: whether it is right, and how exposed the service is
# The others build a release first, and need root, debootstrap, and for the package systemd-container and lintian:
#   image    every instruction of the Dockerfile, executed in a root folder of its base image's packages, and the result run
#   deb      the Debian package: lintian, its installation into a root folder of its own, and its service under a systemd of
#            its own with all its bounds: started, watched, restarted, stopped
# Without a name all are run.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$PWD/target/packages
mkdir -p "$work"
# How exposed the service may be, as systemd-analyze counts: of 100.
exposure=15

lint() {
    local tools
    tools=$(packaging/tools.sh)
    "$tools/hadolint" Dockerfile
    "$tools/yamllint" --strict --config-file packaging/yamllint.yaml docker-compose.yml packaging/kubernetes packaging/yamllint.yaml
    "$tools/check-jsonschema" --builtin-schema vendor.compose-spec docker-compose.yml
    "$tools/kubernetes-validate" --strict --quiet packaging/kubernetes/*.yaml
    echo "the Dockerfile, the compose file and the Kubernetes objects are well-formed"
}

unit() {
    if ! command -v systemd-analyze >/dev/null; then
        echo "systemd-analyze is not installed (Debian's package is systemd): the unit was not checked" >&2
        # Whoever builds continuously is to notice.
        [ -z "${CI:-}" ]
        return
    fi
    # The programs that a unit starts must exist.
    sed 's,/usr/bin/liner,/bin/true,' packaging/liner.service >"$work/liner.service"
    systemd-analyze verify --man=no --recursive-errors=no "$work/liner.service"
    systemd-analyze security --offline=true --threshold="$exposure" "$work/liner.service" | tail -n 1
}

image() {
    need debootstrap
    python3 packaging/rooted/image.py
}

deb() {
    need debootstrap
    need systemd-nspawn
    need lintian
    rm -rf "$work/deb"
    packaging/deb.sh "$work/deb"
    # The settings hold keys; and Debian has no bug that asks for a package of liner.
    lintian --allow-root --fail-on error,warning --suppress-tags non-standard-file-perm,initial-upload-closes-no-bugs \
        "$work"/deb/*.deb
    python3 packaging/rooted/package.py "$work"/deb/*.deb
}

need() {
    command -v "$1" >/dev/null || { echo "$1 is not installed; Debian has it" >&2; exit 1; }
}

for check in "${@:-lint unit image deb}"; do
    # One word a check, and the default is all of them.
    for name in $check; do
        "$name"
    done
done
