# Sourced by build.sh, and by what measures the same build: how the WASM is compiled and optimised.
# `root` is the repository's folder. Panics name their place: of the source, not of whoever built it.
WASM_RUSTFLAGS="-C target-feature=+simd128 --remap-path-prefix=$root=/sotto --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
WASM_OPT_FLAGS="-O3 --enable-simd --enable-bulk-memory --enable-multivalue --enable-mutable-globals \
--enable-nontrapping-float-to-int --enable-reference-types --enable-sign-ext"
export WASM_RUSTFLAGS WASM_OPT_FLAGS
