# `make` alone lists the verbs.
.DEFAULT_GOAL := help
.PHONY: help run test check unit browser fuzz bench release clean

help: ## list the verbs
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 18

run: ## build all that is needed, start a relay with a demo partner, print the URL to open
	@scripts/run

test: ## every test there is, ended by a count
	@scripts/test all

check: ## formatting, lints (native and wasm32), documentation, licences
	@scripts/test check

unit: ## the tests that need no browser
	@scripts/test unit

browser: ## the tests in headless Chromium
	@scripts/test browser

fuzz: ## fuzz each target for FUZZ_SECONDS (60); installs the nightly compiler and cargo-fuzz, and says so
	@scripts/fuzz

bench: ## how fast it is, and against whom: tables in target/bench (docs/benchmarks.md)
	@scripts/bench

release: ## the shipping binaries, into target/release
	@scripts/build release

clean: ## remove what was built, and the demos' data
	rm -rf target web/dist client-wasm/dist .run .run-*
