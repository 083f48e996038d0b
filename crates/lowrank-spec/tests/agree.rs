//! The parser and the JSON schema agree: specs that the schema allows, and specs with a fault in them, are taken by both or refused
//! by both. Rules between fields, and the texts inside of names, are beyond a schema (docs/spec.md) and not parts of it.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

#[path = "../../../tests/schema_check.rs"]
mod schema_check;

use lowrank_spec::{Spec, schema};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Map, Value, json};

use self::schema_check::faults;

/// A stream of choices from one seed.
struct Choices(u64);

impl Choices {
    fn below(&mut self, count: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % count.max(1) as u64) as usize
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// A value that a schema allows.
fn allowed(root: &Value, schema: &Value, choices: &mut Choices) -> Value {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        return allowed(root, root.pointer(name.trim_start_matches('#')).unwrap(), choices);
    }
    if let Some(only) = schema.get("const") {
        return only.clone();
    }
    if let Some(names) = schema.get("enum").and_then(Value::as_array) {
        return choices.of(names).clone();
    }
    for several in ["oneOf", "anyOf"] {
        if let Some(schemas) = schema.get(several).and_then(Value::as_array) {
            // TOML has no null.
            let schemas: Vec<&Value> = schemas.iter().filter(|schema| schema["type"] != "null").collect();
            let chosen: &Value = schemas[choices.below(schemas.len())];
            return allowed(root, chosen, choices);
        }
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"].get(0).and_then(Value::as_str)).unwrap();
    let limit = |name: &str| schema.get(name).and_then(Value::as_f64);
    let low = limit("minimum").or(limit("exclusiveMinimum").map(|low| low + 0.25)).unwrap_or(0.0);
    let high = limit("maximum").unwrap_or(low + 10.0);
    match kind {
        "boolean" => json!(choices.below(2) == 1),
        "string" => json!(choices.of(&["g", "gaussian", "m[0]", ""])),
        "integer" => {
            let number = *choices.of(&[low.ceil(), (low.ceil() + 1.0).min(high), high]);
            // JSON does not tell a whole number by its point.
            if choices.below(2) == 0 { json!(number as u64) } else { json!(number) }
        }
        "number" => json!(*choices.of(&[low, low + 0.5, low + 3.0])),
        "array" => {
            if let Some(items) = schema.get("prefixItems").and_then(Value::as_array) {
                return items.iter().map(|item| allowed(root, item, choices)).collect();
            }
            let most = if schema.get("uniqueItems").is_some() { 1 } else { 3 };
            let count = limit("minItems").unwrap_or(0.0) as usize;
            let count = count.max(choices.below(most + 1));
            (0..count).map(|_| allowed(root, &schema["items"], choices)).collect()
        }
        "object" => {
            let mut fields = Map::new();
            let required: Vec<&str> =
                schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            for (name, schema) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
                if required.contains(&name.as_str()) || choices.below(2) == 1 {
                    fields.insert(name.clone(), allowed(root, schema, choices));
                }
            }
            if let Some(schema) = schema.get("additionalProperties").filter(|schema| schema.is_object()) {
                for name in ["m[0]", "n[0]"].iter().take(choices.below(3)) {
                    fields.insert((*name).to_owned(), allowed(root, schema, choices));
                }
            }
            Value::Object(fields)
        }
        other => panic!("no value of type {other}"),
    }
}

/// Where there is a value, at any depth.
fn places(value: &Value, here: &str, all: &mut Vec<String>) {
    all.push(here.to_owned());
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, inner)| places(inner, &format!("{here}/{name}"), all)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, inner)| places(inner, &format!("{here}/{index}"), all));
        }
        _ => {}
    }
}

/// Values of every kind.
fn others() -> Vec<Value> {
    let tables = [json!({}), json!({ "g": 1.0 })];
    let lists = [json!([]), json!([1.0]), json!([1.0, 2.0, 3.0]), json!([[1.0, 2.0]]), json!([{}])];
    let numbers = [json!(-1), json!(0), json!(1), json!(-0.5), json!(0.5), json!(101), json!(2_000_000_000_u64)];
    let points = [json!(0.0), json!(2.0), json!(-1.0), json!(2.5), json!(1e15), json!(1e300)];
    let rest = [json!("text"), json!("rate"), json!(true)];
    tables.into_iter().chain(lists).chain(numbers).chain(points).chain(rest).collect()
}

/// Changes a value at one place: its type, its size, its fields, its length.
fn mutate(value: &mut Value, choices: &mut Choices) {
    let mut all = Vec::new();
    places(value, "", &mut all);
    // The document itself stays a table.
    let place = all[choices.below(all.len())].clone();
    let target = value.pointer_mut(&place).unwrap();
    match target {
        Value::Object(fields) if choices.below(2) == 0 || place.is_empty() => {
            let name = fields.keys().nth(choices.below(fields.len().max(1))).cloned();
            match (name, choices.below(2)) {
                (Some(name), 0) => drop(fields.remove(&name)),
                _ => drop(fields.insert("nueron".to_owned(), json!(1))),
            }
        }
        Value::Array(items) if choices.below(2) == 0 => {
            if let (Some(last), 0) = (items.pop(), choices.below(2)) {
                items.extend([last.clone(), last]);
            }
        }
        Value::Number(number) if choices.below(2) == 0 => {
            let size = number.as_f64().unwrap();
            *target = if number.is_f64() { json!(-size - 0.125) } else { json!(size as i64 - 1) };
        }
        other => *other = choices.of(&others()).clone(),
    }
}

fn verdicts(schema: &Value, value: &Value) -> (Vec<String>, Result<(), String>) {
    let text = toml::to_string(value).unwrap();
    (faults(schema, value, false), Spec::from_toml(&text).map(drop).map_err(|error| error.to_string()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn what_one_refuses_the_other_refuses(seed in any::<u64>(), mutations in 0_usize..4) {
        let schema: Value = serde_json::from_str(&schema().unwrap()).unwrap();
        let mut choices = Choices(seed);
        let mut value = allowed(&schema, &schema, &mut choices);
        (0..mutations).for_each(|_| mutate(&mut value, &mut choices));
        let (found, parsed) = verdicts(&schema, &value);
        prop_assert!(mutations > 0 || found.is_empty(), "{found:?}");
        prop_assert_eq!(found.is_empty(), parsed.is_ok(), "schema: {:?}, parser: {:?}, {}", found, parsed, value);
        if let Err(message) = parsed {
            prop_assert!(!message.contains('\n'), "{}", message);
        }
    }
}

/// A value with every field that a schema knows, all choices taken from one number.
fn whole(root: &Value, schema: &Value, choice: usize) -> Value {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        return whole(root, root.pointer(name.trim_start_matches('#')).unwrap(), choice);
    }
    for several in ["oneOf", "anyOf"] {
        if let Some(schemas) = schema.get(several).and_then(Value::as_array) {
            let schemas: Vec<&Value> = schemas.iter().filter(|schema| schema["type"] != "null").collect();
            return whole(root, schemas[choice % schemas.len()], choice);
        }
    }
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        return properties.iter().map(|(name, inner)| (name.clone(), whole(root, inner, choice))).collect();
    }
    if let Some(items) = schema.get("items").filter(|_| schema.get("prefixItems").is_none()) {
        return json!([whole(root, items, choice)]);
    }
    allowed(root, schema, &mut Choices(choice as u64))
}

/// Every field of every table, with a value of every kind in its place.
#[test]
fn every_field_takes_the_same_kinds_of_values_in_both() {
    let schema: Value = serde_json::from_str(&schema().unwrap()).unwrap();
    let (mut taken, mut refused) = (0, 0);
    for choice in 0..4 {
        let good = whole(&schema, &schema, choice);
        assert_eq!(verdicts(&schema, &good), (Vec::new(), Ok(())), "{good}");
        let mut all = Vec::new();
        places(&good, "", &mut all);
        // The document itself stays a table.
        for place in all.iter().filter(|place| !place.is_empty()) {
            for other in others() {
                let mut value = good.clone();
                *value.pointer_mut(place).unwrap() = other.clone();
                let (found, parsed) = verdicts(&schema, &value);
                assert_eq!(found.is_empty(), parsed.is_ok(), "{place} {other}: {found:?} {parsed:?}");
                *(if parsed.is_ok() { &mut taken } else { &mut refused }) += 1;
            }
        }
    }
    assert!(taken > 500 && refused > 500, "{taken} {refused}");
}

/// The property test does meet what it is about: of specs with one fault a good part is refused, and a good part is not.
#[test]
fn faults_of_many_kinds_are_refused_by_both() {
    let schema: Value = serde_json::from_str(&schema().unwrap()).unwrap();
    let good = json!({
        "seed": 1, "network": { "neurons": 50, "variants": ["rate"] },
        "input": [{ "changes": [[1.0, 0.5]], "noise": 0.5 }], "run": { "lags": [1.0], "method": "rk4" },
    });
    assert_eq!(verdicts(&schema, &good), (Vec::new(), Ok(())));
    for (place, bad) in [
        ("/seed", json!(-1)),
        ("/seed", json!(1.5)),
        ("/seed", json!(1e19)),
        ("/network/neurons", json!(1)),
        ("/network/variants", json!([])),
        ("/network/variants", json!(["rate", "rate"])),
        ("/network/variants", json!(["rates"])),
        ("/input/0/changes", json!([[2.0, 4.0, 1.0]])),
        ("/input/0/changes", json!([[2.0]])),
        ("/input/0/noise", json!(-0.1)),
        ("/run/lags", json!([-1.0])),
        ("/run/method", json!("rk5")),
        ("/run/nothing", json!(1)),
    ] {
        let mut value = good.clone();
        let (table, name) = place.rsplit_once('/').unwrap();
        value.pointer_mut(table).unwrap()[name] = bad.clone();
        let (found, parsed) = verdicts(&schema, &value);
        assert!(!found.is_empty() && parsed.is_err(), "{place} {bad}: {found:?} {parsed:?}");
    }
}
