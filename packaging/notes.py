"""Prints the notes of a release: what changed, and the digests of the strategies that the binary holds, with the way to
build the same bytes again."""

import json
import re
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]


def main(version: str) -> None:
    manifest = json.loads((PROJECT / "plugins/bundled/manifest.json").read_text())
    compiler = manifest["compiler"].splitlines()[0]
    rows = "\n".join(
        f"| `{Path(component['file']).name}` | `{component['sha256']}` |"
        for component in manifest["components"]
        if component["file"].startswith("plugins/bundled/")
    )
    print(f"""# liner {version}

{changes(version)}
## The strategies in this binary

| component | SHA-256 |
|---|---|
{rows}

They are committed, and made of the sources whose digest is `{manifest['sources']}` by
`{compiler}`. To build them again and compare every byte, in a checkout of this version:

```sh
make plugins-check
```

It says so where the compiler for `wasm32-unknown-unknown` is another one; `plugins/bundled/manifest.json` names the one that
these bytes come from. `GET /api/plugins` and `liner plugin list` show the digests of what a host runs.

## What is here

`sha256sum --check SHA256SUMS` compares the files. `liner-{version}.cdx.json` is the bill of materials (CycloneDX): every crate in
the binary, with its version, licence and source. docs/install.md says how to install each package.""")


def changes(version: str) -> str:
    """What the changelog says of a version."""
    changelog = PROJECT / "CHANGELOG.md"
    text = changelog.read_text() if changelog.exists() else ""
    match = re.search(rf"^## \[?{re.escape(version)}\b.*?\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return match[1].strip() + "\n" if match else ""


if __name__ == "__main__":
    main(sys.argv[1])
