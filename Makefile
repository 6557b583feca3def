.PHONY: run test e2e chaos batches conformance check bench fuzz plugins plugins-check

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

check:
	cargo fmt --all --check
	cargo clippy --all-targets --locked -- -D warnings
	@if command -v cargo-deny >/dev/null; then cargo deny check licenses bans sources; \
	else echo "cargo-deny is not installed: licences and duplicates were not checked"; fi

# One line a figure: name value unit.
bench:
	cargo bench --quiet -p liner --bench figures -- $(FIGURES)

# Compiles the bundled strategies to components. Needs a compiler for wasm32-unknown-unknown:
# `rustup target add wasm32-unknown-unknown`, or Debian's rustc-web and rust-web-src.
plugins:
	cargo run --quiet -p liner-plugins -- build

# Compiles them again and compares bytes where the compiler is the same one.
plugins-check:
	cargo run --quiet -p liner-plugins -- check

# Strangers' texts at random, five minutes a target (FUZZ_SECONDS=10 for a glance). Needs cargo-fuzz; an ordinary compiler
# will do, without sanitizers: no target has `unsafe` of its own.
fuzz:
	@for target in $${TARGETS:-url page feed rules reply}; do \
		mkdir -p target/fuzz/corpus/$$target && \
		RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none --target-dir target/fuzz $$target target/fuzz/corpus/$$target \
			fuzz/seeds/$$target -- -max_total_time=$${FUZZ_SECONDS:-300} -max_len=20000 -timeout=5 -rss_limit_mb=1024 \
			-print_final_stats=1 || exit 1; \
	done
