#!/bin/sh
# The shell's tests, in a dedicated worker of headless Chromium. An argument is a part of the names of tests.
set -eu
cd "$(dirname "$0")"

driver=${CHROMEDRIVER:-$(command -v chromedriver || true)}
if [ -z "$driver" ]; then
    echo "client-wasm: chromedriver is needed; on Debian: apt-get install chromium chromium-driver" >&2
    exit 1
fi

# webdriver.json holds Chromium's arguments, among them --no-sandbox, without which it does not run as root.
# The limit is for all of them together, on a slow machine too.
CHROMEDRIVER=$driver WASM_BINDGEN_TEST_TIMEOUT=${WASM_BINDGEN_TEST_TIMEOUT:-120} \
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=wasm-bindgen-test-runner \
    RUSTFLAGS="-C target-feature=+simd128" \
    cargo test --target wasm32-unknown-unknown -p sotto-client-wasm --lib "$@"
