//! The range of every field by itself: one table that the parser and the JSON schema share, so that what one refuses the other
//! refuses. Rules between fields are no part of it; docs/spec.md lists them.

use lowrank_model::Transfer;
use schemars::Schema;
use serde_json::{Value, json};

use crate::error::out_of_range;
use crate::grid::MOST_CELLS;
use crate::limits::{MOST_COPIES, MOST_NETWORKS};
use crate::structure::MOST_VECTORS;
use crate::whole::LIMIT;
use crate::{Run, Spec, SpecError};

/// The variants by name.
pub(crate) const VARIANTS: [&str; 3] = ["current", "rate", "two-timescale"];

/// What a number must be.
#[derive(Debug, Clone, Copy)]
enum Range {
    AtLeast(f64),
    Above(f64),
    AtMost(f64),
    Within(f64, f64),
}

use Range::{Above, AtLeast, AtMost, Within};

/// Fields with their ranges: where they stand in a spec, in which definition of the schema (none for the spec itself), the range,
/// and the range in words.
const RANGES: [(&str, Option<&str>, Range, &str); 31] = [
    ("realisations", None, Within(1.0, MOST_NETWORKS as f64), ">= 1 and <= 100000000"),
    ("cells-a-block", None, AtLeast(1.0), ">= 1"),
    ("network.neurons", Some("Network"), AtLeast(2.0), ">= 2"),
    ("network.g", Some("Network"), AtLeast(0.0), "a finite number >= 0"),
    ("network.tau-s", Some("Network"), Above(0.0), "a finite number > 0"),
    ("network.tau-r", Some("Network"), Above(0.0), "a finite number > 0"),
    ("network.noise", Some("Network"), AtLeast(0.0), "a finite number >= 0"),
    ("structure.rank", Some("Structure"), AtMost(MOST_VECTORS as f64), "<= 100"),
    ("structure.readouts", Some("Structure"), AtMost(MOST_VECTORS as f64), "<= 100"),
    ("structure.population.weight", Some("Population"), Above(0.0), "a finite number > 0"),
    ("structure.geometry.strength.strength", Some("Strength"), AtLeast(0.0), "a finite number >= 0"),
    ("structure.geometry.strength.variance-m", Some("Strength"), AtLeast(0.0), "a finite number >= 0"),
    ("structure.geometry.strength.variance-n", Some("Strength"), AtLeast(0.0), "a finite number >= 0"),
    ("structure.geometry.orthogonal.variance-m", Some("Orthogonal"), AtLeast(0.0), "a finite number >= 0"),
    ("structure.geometry.orthogonal.variance-n", Some("Orthogonal"), AtLeast(0.0), "a finite number >= 0"),
    ("structure.geometry.driven.variance-m", Some("Driven"), AtLeast(0.0), "a finite number >= 0"),
    ("structure.geometry.driven.variance-n", Some("Driven"), AtLeast(0.0), "a finite number >= 0"),
    ("structure.geometry.bistable.variance-m", Some("Bistable"), AtLeast(0.0), "a finite number >= 0"),
    ("structure.geometry.bistable.variance-n", Some("Bistable"), AtLeast(0.0), "a finite number >= 0"),
    ("input.noise", Some("InputCourse"), AtLeast(0.0), "a finite number >= 0"),
    ("input.sine.period", Some("SineInput"), Above(0.0), "a finite number > 0"),
    ("start.deviation", Some("Start"), AtLeast(0.0), "a finite number >= 0"),
    ("start.copies", Some("Start"), Within(1.0, MOST_COPIES as f64), ">= 1 and <= 1000000"),
    ("run.step", Some("Run"), Above(0.0), "a finite number > 0"),
    ("run.transient", Some("Run"), AtLeast(0.0), "a finite number >= 0"),
    ("run.window", Some("Run"), AtLeast(0.0), "a finite number >= 0"),
    ("run.interval", Some("Run"), Above(0.0), "a finite number > 0"),
    ("run.lags", Some("Run"), AtLeast(0.0), "finite numbers >= 0"),
    ("axis.points", Some("Axis"), Within(2.0, MOST_CELLS as f64), ">= 2 and <= 1e8"),
    ("thresholds.structure", Some("Thresholds"), Above(0.0), "a finite number > 0"),
    ("thresholds.chaoticity", Some("Thresholds"), Above(0.0), "a finite number > 0"),
];

impl Range {
    fn holds(self, number: f64) -> bool {
        match self {
            AtLeast(low) => number >= low,
            Above(low) => number > low,
            AtMost(high) => number <= high,
            Within(low, high) => (low..=high).contains(&number),
        }
    }

    /// The keywords of the schema.
    fn keywords(self) -> Vec<(&'static str, Value)> {
        // Whole numbers stay whole in the schema.
        let plain = |number: f64| if number.fract() == 0.0 { json!(number as i64) } else { json!(number) };
        match self {
            AtLeast(low) => vec![("minimum", plain(low))],
            Above(low) => vec![("exclusiveMinimum", plain(low))],
            AtMost(high) => vec![("maximum", plain(high))],
            Within(low, high) => vec![("minimum", plain(low)), ("maximum", plain(high))],
        }
    }
}

/// Refuses a spec with a field that is out of its range, whatever the other fields are.
///
/// # Errors
/// The first such field, with its value and its range.
pub(crate) fn check(spec: &Spec) -> Result<(), SpecError> {
    spec.transfer()?;
    spec.variants()?;
    spec.run.method(false)?;
    let text = spec.canonical()?;
    let value: Value =
        serde_json::from_str(&text).map_err(|error| SpecError::NotWritten { reason: error.to_string() })?;
    for (field, _, range, relation) in RANGES {
        let path: Vec<&str> = field.split('.').collect();
        if let Some(number) = numbers(&value, &path).into_iter().find(|number| !range.holds(*number)) {
            return Err(out_of_range(field, number, relation));
        }
    }
    Ok(())
}

/// The numbers at the end of a path, of every item where there are lists on the way.
fn numbers(value: &Value, path: &[&str]) -> Vec<f64> {
    match (value, path) {
        (Value::Array(items), _) => items.iter().flat_map(|item| numbers(item, path)).collect(),
        (Value::Object(fields), [first, rest @ ..]) => fields.get(*first).map_or(Vec::new(), |v| numbers(v, rest)),
        (value, []) => value.as_f64().into_iter().collect(),
        _ => Vec::new(),
    }
}

/// Puts the ranges and the names into the schema of the types.
pub(crate) fn into_schema(schema: &mut Schema) {
    for (field, definition, range, _) in RANGES {
        if let Some(property) = property(schema, definition, field) {
            // Of a list it is the items that have the range.
            let of_items = property.get("items").is_some();
            let of_choice = property.get("anyOf").is_some();
            let place = if of_items {
                property.get_mut("items")
            } else if of_choice {
                // Of a choice between a name and a number it is the number.
                let choices = property.get_mut("anyOf").and_then(Value::as_array_mut);
                choices.and_then(|choices| choices.iter_mut().find(|choice| choice["type"] == "number"))
            } else {
                Some(property)
            };
            if let Some(Value::Object(rules)) = place {
                rules.extend(range.keywords().into_iter().map(|(keyword, limit)| (keyword.to_owned(), limit)));
            }
        }
    }
    if let Some(schema) = schema.as_object_mut() {
        schema.values_mut().for_each(whole_numbers);
    }
    let names = [
        ("network.transfer", "Network", Transfer::ALL.map(Transfer::name).to_vec()),
        ("run.method", "Run", Run::methods()),
    ];
    for (field, definition, names) in names {
        if let Some(property) = property(schema, Some(definition), field) {
            property["enum"] = json!(names);
        }
    }
    if let Some(variants) = property(schema, Some("Network"), "network.variants") {
        variants["items"]["enum"] = json!(VARIANTS);
        variants["minItems"] = json!(1);
        variants["uniqueItems"] = json!(true);
    }
}

/// Gives every whole number that has no largest value the limit of the parser.
fn whole_numbers(schema: &mut Value) {
    if let Value::Object(rules) = schema {
        let is_whole =
            |kind: &Value| kind == "integer" || kind.as_array().is_some_and(|kinds| kinds.contains(&json!("integer")));
        if rules.get("type").is_some_and(is_whole) && !rules.contains_key("maximum") {
            rules.insert("exclusiveMaximum".to_owned(), json!(LIMIT));
        }
    }
    match schema {
        Value::Object(rules) => rules.values_mut().for_each(whole_numbers),
        Value::Array(items) => items.iter_mut().for_each(whole_numbers),
        _ => {}
    }
}

/// A property of a definition, or of the spec itself, by the last name of a field.
fn property<'a>(schema: &'a mut Schema, definition: Option<&str>, field: &str) -> Option<&'a mut Value> {
    let table = definition.map_or(String::new(), |name| format!("/$defs/{name}"));
    let name = field.rsplit('.').next().unwrap_or(field);
    schema.pointer_mut(&format!("{table}/properties/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_with_a_range_is_in_the_schema() {
        let mut schema = schemars::schema_for!(Spec);
        for (field, definition, ..) in RANGES {
            assert!(property(&mut schema, definition, field).is_some(), "{field}");
        }
    }
}
