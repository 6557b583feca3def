#!/usr/bin/env bash
# Makes what is published of a version, in dist/: an archive with the binary, the Debian package, the bill of materials, the
# notes with the digests of the strategies, and the sums of them all.
set -euo pipefail
cd "$(dirname "$0")/.."
version=$(cargo pkgid --package liner | sed 's/.*[#@]//')
machine=$(rustc -vV | sed -n 's/^host: //p')
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
dist=$PWD/dist
rm -rf "$dist"
mkdir -p "$dist"

packaging/deb.sh "$dist"

name=liner-$version-$machine
rm -rf "target/packages/$name"
mkdir -p "target/packages/$name"
cp target/release/liner LICENSE-MIT LICENSE-APACHE README.md CHANGELOG.md .env.example packaging/liner.{service,sysusers,env} \
    "target/packages/$name/"
cp -r target/packages/share "target/packages/$name/share"
tar --create --gzip --file "$dist/$name.tar.gz" --directory target/packages --sort=name --mtime="@$SOURCE_DATE_EPOCH" \
    --owner=0 --group=0 --numeric-owner "$name"

# It writes a file beside each manifest of the workspace; the host's is the one of the binary.
cargo install --quiet --locked --root target/tools/cargo --target-dir target/tools/build cargo-cyclonedx@0.5.9
PATH=$PWD/target/tools/cargo/bin:$PATH cargo cyclonedx --quiet --manifest-path host/Cargo.toml --format json \
    --spec-version 1.5 --override-filename release-sbom
mv host/release-sbom.json "$dist/liner-$version.cdx.json"
find . -name release-sbom.json -not -path './target/*' -delete

python3 packaging/notes.py "$version" >"$dist/NOTES.md"
(cd "$dist" && sha256sum -- * >SHA256SUMS)
ls -l "$dist"
