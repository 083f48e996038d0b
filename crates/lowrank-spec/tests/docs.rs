//! docs/spec.md explains every field of the schema.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

fn page(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)).unwrap()
}

/// The names of all properties in a schema, at any depth.
fn properties(schema: &Value, names: &mut BTreeSet<String>) {
    match schema {
        Value::Object(fields) => {
            if let Some(Value::Object(properties)) = fields.get("properties") {
                names.extend(properties.keys().cloned());
            }
            fields.values().for_each(|inner| properties(inner, names));
        }
        Value::Array(items) => items.iter().for_each(|inner| properties(inner, names)),
        _ => {}
    }
}

/// The names that a page sets in code: every word between a pair of back quotes.
fn explained(page: &str) -> BTreeSet<&str> {
    let code = page.split('`').skip(1).step_by(2);
    code.flat_map(|code| code.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))).collect()
}

#[test]
fn every_field_of_the_schema_is_explained() {
    let mut names = BTreeSet::new();
    properties(&serde_json::from_str(&page("spec.schema.json")).unwrap(), &mut names);
    assert!(names.len() > 50 && names.contains("variance-m") && names.contains("leave-at-rest"), "{names:?}");
    let text = page("spec.md");
    let explained = explained(&text);
    let missing: Vec<&String> = names.iter().filter(|name| !explained.contains(name.as_str())).collect();
    assert!(missing.is_empty(), "docs/spec.md does not explain {missing:?}");
}
