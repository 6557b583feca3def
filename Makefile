.PHONY: run test e2e chaos conformance schemathesis monitoring check bench load fuzz plugins plugins-check packages-check release

run:
	cargo run -- serve --sample

test:
	cargo test

# The dashboard in Debian's Chromium, which is installed if need be. Pictures of it with 50,000 tracks and a failing model go
# to target/e2e: light.png, dark.png, phone.png and one of each page. FILTER=pictures plays only these.
e2e:
	tests/e2e.sh $(FILTER)

# Ten minutes of random faults on three hosts, and the account at the end. Needs PostgreSQL's programs.
chaos:
	LINER_CHAOS_SECONDS=$${LINER_CHAOS_SECONDS:-600} LINER_TESTS_NEED_POSTGRES=1 cargo test -p liner --test chaos -- --nocapture

# The tests' stub against the official packages of the APIs, and liner against mocks that others wrote. Needs Python and
# Node, and installs the packages under target/. SCENARIOS="mixed refusing" plays only these.
conformance:
	tests/conformance/run.sh $(SCENARIOS)

# Every operation of the API's description, called with what fits it and with what does not, each answer held to it. Needs
# Python, and installs the package under target/. ARGUMENTS="--include-operation-id enqueue --max-examples 200" looks closer at one.
schemathesis:
	tests/schemathesis/run.sh $(ARGUMENTS)

# The dashboard and the alerts of docs/monitoring, against Prometheus' checker and a busy host. Installs the checker where it may.
monitoring:
	tests/monitoring.sh

check:
	cargo fmt --all --check
	cargo clippy --all-targets --locked -- -D warnings
	@if command -v cargo-deny >/dev/null || tools=$$(packaging/tools.sh); then \
		PATH="$${tools:+$$tools:}$$PATH" cargo deny --log-level error check licenses bans sources; \
	elif [ -n "$$CI" ]; then exit 1; \
	else echo "cargo-deny is not installed and cannot be: licences and sources were not checked"; fi

# One line a figure: name value unit.
bench:
	cargo bench --quiet -p liner --bench figures -- $(FIGURES)

# The same for many callers at once, on an optimised build: needs wrk, and installs it where it may.
load:
	tests/load.sh

# Compiles the bundled strategies to components. Needs a compiler for wasm32-unknown-unknown:
# `rustup target add wasm32-unknown-unknown`, or Debian's rustc-web and rust-web-src.
plugins:
	cargo run --quiet -p liner-plugins -- build

# Compiles them again and compares bytes where the compiler is the same one.
plugins-check:
	cargo run --quiet -p liner-plugins -- check

# All that is packaged: linted, built as its recipes say, installed and run. Half an hour, as root; CI runs CHECKS="lint unit".
packages-check:
	packaging/check.sh $(CHECKS)

# What is published of a version, in dist/.
release:
	packaging/release.sh

# Strangers' texts at random, five minutes a target (FUZZ_SECONDS=10 for a glance). Needs cargo-fuzz; an ordinary compiler
# will do, without sanitizers: no target has `unsafe` of its own.
fuzz:
	@for target in $${TARGETS:-url page feed rules reply}; do \
		mkdir -p target/fuzz/corpus/$$target && \
		RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none --target-dir target/fuzz $$target target/fuzz/corpus/$$target \
			fuzz/seeds/$$target -- -max_total_time=$${FUZZ_SECONDS:-300} -max_len=20000 -timeout=5 -rss_limit_mb=1024 \
			-print_final_stats=1 || exit 1; \
	done
