.PHONY: run test check
run:
	cargo run -- serve --sample
test:
	cargo test
check:
	cargo fmt --all --check
	cargo clippy --all-targets --locked -- -D warnings
.PHONY: plugins plugins-check
plugins:
	cargo run --quiet -p liner-plugins -- build
plugins-check:
	cargo run --quiet -p liner-plugins -- check
