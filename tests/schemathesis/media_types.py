"""The bodies that no JSON schema describes: links in lines and in CSV, and components."""

import json
import os

import schemathesis
from hypothesis import strategies as st

with open(os.environ["COMPONENT"], "rb") as file:
    COMPONENT = file.read()

NAMES = st.text("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ0123456789_-", min_size=11, max_size=11)
LINKS = NAMES.map(lambda name: f"https://www.youtube.com/watch?v={name}")
TITLES = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=40)
ROWS = st.fixed_dictionaries({"url": LINKS}, optional={"og_title": TITLES, "priority": st.integers(0, 10)})


def lines(all):
    return "".join(f"{line}\n" for line in all).encode()


def csv(rows):
    cells = [(row["url"], row.get("og_title", "").replace('"', '""')) for row in rows]
    return lines(["url,og_title", *(f'{url},"{title}"' for url, title in cells)])



@schemathesis.serializer("application/x-ndjson", "text/csv", "application/wasm")
def as_it_is(_, value):
    """The description's examples are sent as they stand there."""
    return value if isinstance(value, bytes) else str(value).encode()


schemathesis.openapi.media_type("application/x-ndjson", st.lists(ROWS.map(json.dumps), min_size=1, max_size=5).map(lines))
schemathesis.openapi.media_type("text/csv", st.lists(ROWS, min_size=1, max_size=5).map(csv))
schemathesis.openapi.media_type("text/plain", st.lists(LINKS, min_size=1, max_size=5).map(lines))
schemathesis.openapi.media_type(
    "application/wasm", st.sampled_from([COMPONENT, COMPONENT[:-100], b"\0asm\x01\0\0\0", b"no component", b""])
)
