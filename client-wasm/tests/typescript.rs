//! The TypeScript declarations in `ts/generated/` are those of `sotto_client_core::api`.
//!
//! `SOTTO_WRITE_TYPES=1 cargo test -p sotto-client-wasm --test typescript` writes them anew.
#![cfg(not(target_arch = "wasm32"))]

use std::{collections::BTreeMap, path::Path};

use sotto_client_core::api::{
    Answer, ApiError, CalendarText, Command, Notice, PassphraseStrength, Query, Reply,
};
use ts_rs::{Config, TS, TypeVisitor};

const HEADER: &str = "\
// Generated from the Rust types of sotto-client-core. Do not edit; `client-wasm/build.sh` writes it.
";

/// Declarations by name: the order of the file does not depend on who mentions whom.
struct Declarations {
    config: Config,
    by_name: BTreeMap<String, String>,
}

impl TypeVisitor for Declarations {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        // Types without a path of their own are built in or overridden.
        if T::output_path().is_none() {
            return;
        }
        let name = T::ident(&self.config);
        if self.by_name.contains_key(&name) {
            return;
        }
        let docs = without_links(&T::docs().unwrap_or_default());
        let declaration = format!("{docs}export {}\n", T::decl(&self.config));
        self.by_name.insert(name, declaration);
        T::visit_dependencies(self);
    }
}

/// "[`Query`](super::Query)" means something to rustdoc only: "`Query`".
fn without_links(docs: &str) -> String {
    let mut text = String::new();
    let mut rest = docs;
    while let Some((before, link)) = rest.split_once('[') {
        let Some((name, after)) = link.split_once("](super::") else {
            break;
        };
        text.push_str(before);
        text.push_str(name);
        rest = after.split_once(')').map_or("", |(_, after)| after);
    }
    text + rest
}

fn generated() -> String {
    let mut declarations = Declarations {
        config: Config::new(),
        by_name: BTreeMap::new(),
    };
    declarations.visit::<Command>();
    declarations.visit::<Query>();
    declarations.visit::<Reply>();
    declarations.visit::<CalendarText>();
    declarations.visit::<PassphraseStrength>();
    declarations.visit::<Answer>();
    declarations.visit::<Notice>();
    declarations.visit::<ApiError>();
    let mut text = HEADER.to_owned();
    for declaration in declarations.by_name.values() {
        text.push('\n');
        text.push_str(declaration);
    }
    text
}

#[test]
fn committed_declarations_are_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("ts/generated/api.ts");
    let generated = generated();
    if std::env::var_os("SOTTO_WRITE_TYPES").is_some() {
        std::fs::write(&path, &generated).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == generated,
        "{} differs from the Rust types; run client-wasm/build.sh and commit it",
        path.display()
    );
}
