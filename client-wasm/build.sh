#!/bin/sh
# Builds the npm package into client-wasm/dist; does again only what has changed.
#
# Needs Rust with the target wasm32-unknown-unknown, wasm-bindgen of the version in Cargo.toml, Node and npm.
set -eu
cd "$(dirname "$0")"
root=$(cd .. && pwd)
. ./flags.sh

say() { printf 'client-wasm: %s\n' "$*"; }

# Whether something under the other arguments is newer than the first.
changed() {
    stamp=$1
    shift
    [ ! -e "$stamp" ] || [ -n "$(find "$@" -type f -newer "$stamp" -print -quit)" ]
}

# wasm-bindgen's library and command must be of one version.
wanted=$(sed -n 's/^wasm-bindgen = "=\(.*\)"$/\1/p' ../Cargo.toml)
found=$(wasm-bindgen --version 2>/dev/null | cut -d' ' -f2 || true)
if [ "$found" != "$wanted" ]; then
    say "wasm-bindgen $wanted is needed, and ${found:-none} is there; run: cargo install wasm-bindgen-cli --version $wanted" >&2
    exit 1
fi

if changed node_modules/.package-lock.json package-lock.json; then
    npm ci --no-audit --no-fund
    touch node_modules/.package-lock.json
fi

if changed ts/generated/api.ts ../client-core/src/api; then
    say "the API's types changed: writing ts/generated/api.ts"
    SOTTO_WRITE_TYPES=1 cargo test --quiet -p sotto-client-wasm --test typescript
    touch ts/generated/api.ts
fi

RUSTFLAGS=$WASM_RUSTFLAGS \
    cargo build $([ -t 2 ] || echo --quiet) --profile wasm --target wasm32-unknown-unknown -p sotto-client-wasm --lib
target=$(cargo metadata --format-version 1 --no-deps |
    node -p 'JSON.parse(require("fs").readFileSync(0, "utf8")).target_directory')
built=$target/wasm32-unknown-unknown/wasm/sotto_client_wasm.wasm

if ! sha256sum "$built" build.sh flags.sh package-lock.json | cmp -s - pkg/stamp; then
    rm -rf pkg
    wasm-bindgen --target web --out-dir pkg/wasm --remove-name-section --remove-producers-section "$built"
    module=pkg/wasm/sotto_client_wasm_bg.wasm
    # shellcheck disable=SC2086 # several flags
    node_modules/binaryen/bin/wasm-opt $WASM_OPT_FLAGS "$module" -o "$module.opt"
    mv "$module.opt" "$module"
    sha256sum "$built" build.sh flags.sh package-lock.json >pkg/stamp
fi

if changed dist/stamp ts pkg/stamp tsconfig.json package-lock.json build.sh flags.sh; then
    rm -rf dist
    node_modules/.bin/tsc -p tsconfig.json
    mkdir dist/wasm
    cp pkg/wasm/*.js pkg/wasm/*.ts pkg/wasm/*.wasm dist/wasm/
    cp ../LICENSE-MIT ../LICENSE-APACHE dist/
    touch dist/stamp
fi

module=dist/wasm/sotto_client_wasm_bg.wasm
say "$module is $(wc -c <"$module") bytes, $(gzip -9 -c "$module" | wc -c) gzipped"
