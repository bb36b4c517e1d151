# Two commands do everything on a fresh machine that has rustup's stable toolchain, make and a C compiler:
#   make serve   builds the page and serves it at http://127.0.0.1:8080
#   make test    runs every test, native and in a headless Chromium
# Also: make site (the static site in dist/), make check (format and lints), make table (the reference table), make
# weights (trains the networks from which the page starts), make bench (this engine against TensorFlow.js), make soak
# (half an hour of everything in a browser).

# The command-line tool and the crate must be of exactly the same version.
WASM_BINDGEN := 0.2.130
WASM_PACK    := 0.15.1
# Newer trunks need a newer compiler.
TRUNK        := 0.21.14
TARGET       := wasm32-unknown-unknown
AS_ROOT      := $(if $(filter 0,$(shell id -u)),,sudo)

.PHONY: serve site test check soak table weights bench setup-site setup-browser setup-test setup-bench setup-npm clean

serve: setup-site
	@echo "The page will be at http://127.0.0.1:8080 (the first build takes about ten minutes)."
	SCOREFIELD_LIVE=1 trunk serve --release --offline

site: setup-site
	trunk build --release --offline
	@echo "The site is in dist/: any static host will do, in any folder."

# The site comes first: one of the native tests opens it in a browser.
test: setup-test site
	cargo test --release
	WASM_BINDGEN_TEST_TIMEOUT=1800 wasm-pack test --headless --chrome --release --mode no-install \
		--chromedriver "$$(command -v chromedriver)" -- --test browser -- --nocapture

check: setup-site
	cargo fmt --all --check
	cargo clippy --release --all-targets -- -D warnings
	cargo clippy --release --test bench -- -D warnings
	cargo clippy --release --target $(TARGET) --lib --bins --test browser -- -D warnings

# Half an hour of everything: memory, frame rate, complaints. (`make test` does so for a minute or two.)
soak: setup-test site
	SOAK_MINUTES=$${SOAK_MINUTES:-30} cargo test --release --test soak -- --nocapture

table:
	cargo run --release --example reference_table

weights:
	cargo run --release --example ship_weights

# Prints Markdown for docs/speed.md; TensorFlow.js comes from npm and is needed for nothing else.
bench: setup-bench site
	cargo test --release --test bench

setup-site:
	@rustup target list --installed | grep -qx $(TARGET) \
		|| { echo "installing the Rust target $(TARGET)"; rustup target add $(TARGET); }
	@[ "$$(wasm-bindgen --version 2>/dev/null)" = "wasm-bindgen $(WASM_BINDGEN)" ] \
		|| { echo "installing wasm-bindgen-cli $(WASM_BINDGEN)"; cargo install wasm-bindgen-cli --version $(WASM_BINDGEN); }
	@[ "$$(trunk --version 2>/dev/null)" = "trunk $(TRUNK)" ] \
		|| { echo "installing trunk $(TRUNK)"; cargo install trunk --version $(TRUNK) --locked; }
	@# Trunk's --offline, which keeps it from looking for tools, holds for its cargo too: the crates must be here before.
	@cargo fetch --quiet --locked --target $(TARGET) --target "$$(rustc -vV | sed -n 's/^host: //p')"

setup-test: setup-site setup-browser setup-npm
	@[ "$$(wasm-pack --version 2>/dev/null)" = "wasm-pack $(WASM_PACK)" ] \
		|| { echo "installing wasm-pack $(WASM_PACK)"; cargo install wasm-pack --version $(WASM_PACK) --locked; }
	@[ tests/access/node_modules -nt tests/access/package-lock.json ] \
		|| { echo "installing axe-core (npm ci)"; npm ci --prefix tests/access --ignore-scripts --no-audit --no-fund; }

setup-bench: setup-site setup-browser setup-npm
	@[ tests/bench/node_modules -nt tests/bench/package-lock.json ] \
		|| { echo "installing TensorFlow.js (npm ci)"; npm ci --prefix tests/bench --ignore-scripts --no-audit --no-fund; }

setup-npm:
	@command -v npm >/dev/null \
		|| { command -v apt-get >/dev/null || { echo "Please install npm: no apt-get here to do it with."; exit 1; }; \
		echo "installing npm"; $(AS_ROOT) sh -c 'apt-get update -qq && apt-get install -y -qq npm'; }

setup-browser:
	@command -v chromedriver >/dev/null \
		|| { command -v apt-get >/dev/null \
			|| { echo "Please install Chromium (or Chrome) and its chromedriver: no apt-get here to do it with."; exit 1; }; \
		echo "installing chromium and chromium-driver"; \
		$(AS_ROOT) sh -c 'apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium chromium-driver'; }

clean:
	cargo clean
	rm -rf dist
