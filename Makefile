.PHONY: run test check
run:
	cargo run -- serve --sample
test:
	cargo test
check:
	cargo fmt --all --check
	cargo clippy --all-targets --locked -- -D warnings
