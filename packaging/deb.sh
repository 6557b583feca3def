#!/usr/bin/env bash
# Makes the Debian package of a release build in the folder $1: the binary, what it says of itself (manual, completions),
# the service and its settings.
set -euo pipefail
cd "$(dirname "$0")/.."
into=$1
share=target/packages/share
liner=target/release/liner
version=$(cargo pkgid --package liner | sed 's/.*[#@]//')

cargo build --release --locked --package liner --bin liner
cargo install --quiet --locked --root target/tools/cargo --target-dir target/tools/build cargo-deb@3.8.0

rm -rf "$share"
mkdir -p "$share/man"
"$liner" man --into "$share/man"
"$liner" completions bash >"$share/liner.bash"
"$liner" completions zsh >"$share/_liner"
"$liner" completions fish >"$share/liner.fish"
gzip -9 --no-name "$share"/man/*

epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
printf '%s\n\n%s\n\n%s\n' "liner ($version-1) stable; urgency=medium" "  * The changelog beside this file says what changed." \
    " -- liner's authors <liner@example.org>  $(LC_ALL=C date -u -R -d "@$epoch")" | gzip -9 --no-name >"$share/changelog.Debian.gz"
gzip -9 --no-name --stdout CHANGELOG.md >"$share/changelog.gz"
mkdir -p "$into"
SOURCE_DATE_EPOCH=$epoch PATH=$PWD/target/tools/cargo/bin:$PATH cargo deb --quiet --no-build --package liner --output "$into/"
