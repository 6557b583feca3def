#!/usr/bin/env bash
# README's "Write a strategy", block by block: a crate that `plugin new` wrote, the JavaScript and the Python example, each
# built by its own tools, taken up by a running host, and found in the library by what it decided.
#
# Usage: tests/write_a_strategy.sh [rust] [javascript] [python]     (all of them without arguments)
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
wanted=${*:-rust javascript python}

work=$(mktemp -d)
host=
trap '[ -z "$host" ] || { kill "$host" && wait "$host"; } 2>/dev/null || true; rm -rf "$work"' EXIT

say() { printf '\n== %s\n' "$*"; }
fail() { echo "FAILED: $*" >&2; [ ! -f "$work/log" ] || tail -n 30 "$work/log" >&2; exit 1; }

cargo build --quiet --locked --manifest-path "$root/Cargo.toml" -p liner -p liner-plugins
export PATH="$root/target/debug:$PATH" LINER_DATA_DIR="$work/liner-data" RUST_LOG=info PORT=0

# Where only Debian's compiler has the target, liner's own build crate knows how to call it.
cargo() {
    if [[ " $* " == *" wasm32-unknown-unknown "* ]] && ! [ -d "$(rustc --print target-libdir --target wasm32-unknown-unknown)" ]; then
        liner-plugins compile "$PWD"
    else
        command cargo "$@"
    fi
}

# A new crate is built from the same versions as liner, so that no new ones have to be fetched.
liner() {
    command liner "$@"
    if [ "${1:-} ${2:-}" = "plugin new" ]; then cp "$root/Cargo.lock" "$3/"; fi
}

# Whether a language's own tools are here and can fetch what they need; where they cannot, there is nothing to test.
can_build() {
    case $1 in
        javascript) (cd "$root/plugins/examples/javascript" && npm ci --dry-run >/dev/null 2>&1) && npm ping >/dev/null 2>&1 ;;
        python) python3 -m venv "$work/venv" >/dev/null 2>&1 && "$work/venv/bin/pip" download --quiet --no-deps \
            --dest "$work" --requirement "$root/plugins/examples/python/requirements.txt" >/dev/null 2>&1 ;;
    esac
}

# The first shell block below a heading of README.
block() {
    awk -v heading="### $1" '
        $0 == heading { below = 1 }
        below && /^```sh$/ { inside = 1; next }
        inside && /^```$/ { exit }
        inside { print }
    ' "$root/README.md"
}

run_block() {
    local text
    text=$(block "$1")
    [ -n "$text" ] || fail "README has no shell block below '### $1'"
    say "$1"
    set -x
    eval "$text"
    { set +x; } 2>/dev/null
}

# Waits until the host runs a strategy, queues a link, and waits until that strategy has decided it.
decided_by() {
    local strategy=$1 link=$2 id=$3 tries
    for tries in $(seq 100); do
        curl -sf "$url/api/music-ai/worker/status" | grep -q "\"name\":\"$strategy\"" && break
        sleep 0.1
    done
    curl -sf -X POST "$url/api/music-ai/queue" -d "[$link]" >/dev/null
    for tries in $(seq 100); do
        if curl -sf "$url/api/music-ai/library/$id" | grep -q "\"strategy\":\"$strategy\""; then
            curl -sf "$url/api/music-ai/library/$id"
            echo
            return
        fi
        sleep 0.1
    done
    fail "$id was not decided by $strategy: $(curl -s "$url/api/music-ai/library/$id")"
}

say "a host"
cd "$work"
# What guests say is in the log for whoever asks for it.
RUST_LOG=info,liner::guest=debug command liner serve >"$work/banner" 2>"$work/log" &
host=$!
for _ in $(seq 300); do
    url=$(sed -n 's/^address *//p' "$work/banner")
    [ -n "$url" ] && curl -sf "$url/readyz" >/dev/null && break
    sleep 0.1
done
[ -n "$url" ] || fail "the host did not start"

if [[ " $wanted " == *" rust "* ]]; then
    cd "$work"
    run_block "In Rust"
    decided_by dashes '{"platform": "youtube", "platform_id": "dash", "og_title": "Ada Lane - Harbour of Glass"}' youtube/dash
fi

bandcamp='{"platform": "bandcamp", "platform_id": "%s", "og_title": "Harbour, by Ada Lane"}'
for language in javascript python; do
    [[ " $wanted " == *" $language "* ]] || continue
    case $language in
        javascript) name=JavaScript strategy=bandcamp-js ;;
        python) name=Python strategy=bandcamp-py ;;
    esac
    if ! can_build "$language"; then
        say "SKIPPED: $name, as its tools are not here or cannot fetch what they need"
        continue
    fi
    cd "$root"
    run_block "In $name"
    # shellcheck disable=SC2059
    decided_by "$strategy" "$(printf "$bandcamp" "$language")" "bandcamp/$language"
    liner plugin retire "$strategy" >/dev/null
done

if [ -x "$root/plugins/examples/python/.venv/bin/componentize-py" ] && [[ " $wanted " == *" python "* ]]; then
    say "a guest that imports WASI gets an empty one, and only where that is allowed"
    cd "$root/tests/guests/wasi"
    "$root/plugins/examples/python/.venv/bin/componentize-py" --quiet --wit-path "$root/wit" --world extractor \
        componentize nosy --output "$work/nosy.wasm"
    refused=$(liner plugin check "$work/nosy.wasm" || true)
    [[ $refused == "refused at step imports: wasi:"* ]] || fail "it was not refused: $refused"
    SECRET=hidden liner plugin install "$work/nosy.wasm" --allow-wasi
    found=$(decided_by nosy '{"platform": "youtube", "platform_id": "nosy", "og_title": "a title"}' youtube/nosy)
    echo "$found"
    [[ $found == *"environment: {}; file: FileNotFoundError; folder: FileNotFoundError; socket: LookupError; time: 0; random: 0."* ]] \
        || fail "it found something"
    grep -q "printed by a guest" "$work/log" || fail "what it printed is not in the log"
    liner plugin retire nosy >/dev/null
fi

if [ -f "$root/plugins/examples/python/bandcamp.wasm" ] && [[ " $wanted " == *" python "* ]]; then
    cd "$root/plugins/examples/python"
    run_block "Try it, compare it, take it back"
fi
say "done"
