#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sotto_tests::fuzzing::run("link_answer", data));
