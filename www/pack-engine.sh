#!/bin/sh
# Runs first after every build of the site: takes out of page and engine what no browser reads (src/pack.rs), compresses
# the engine (a static host may not), names its files after their content, and tells the page those names and sizes.
set -eu
cargo run --quiet --release --locked --offline --package scorefield-pack -- "$TRUNK_STAGING_DIR"
cd "${TRUNK_STAGING_DIR:?this is a hook of trunk}"
hash=$(cat engine_bg.wasm engine.js | cksum | cut -d' ' -f1)
gzip -9 -n -c engine_bg.wasm > "engine-$hash.wasm.gz"
rm -f engine_bg.wasm engine.d.ts engine_bg.wasm.d.ts
mv engine.js "engine-$hash.js"
sed "s|./engine.js|./engine-$hash.js|" engine_worker.js > "engine-$hash.worker.js"
rm -f engine_worker.js
bytes=$(wc -c < "engine-$hash.wasm.gz" | tr -d ' ')
sed "s|<meta name=\"engine\"[^>]*>|<meta name=\"engine\" content=\"engine-$hash\" data-bytes=\"$bytes\">|" index.html > index.packed
mv index.packed index.html
