//! A small check of JSON values against JSON schemas (draft 2020-12), for tests of several packages. It knows the keywords that
//! the schemas of this workspace use and panics at any other, so that nothing passes because a keyword was not looked at.

use serde_json::Value;

/// Keywords that only describe.
const NOTES: [&str; 7] = ["$schema", "$defs", "title", "description", "default", "format", "examples"];

/// What is wrong with a value: a line for every place that does not fit its schema. Where `strict`, a property of which the schema
/// says nothing is wrong too.
pub(crate) fn faults(schema: &Value, value: &Value, strict: bool) -> Vec<String> {
    let mut found = Vec::new();
    check(&Check { root: schema, strict }, schema, value, "$", &mut found);
    found
}

struct Check<'a> {
    root: &'a Value,
    strict: bool,
}

fn check(all: &Check<'_>, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let rules = match schema {
        Value::Bool(true) => return,
        Value::Bool(false) => return found.push(format!("{at}: nothing may be here")),
        Value::Object(rules) => rules,
        other => panic!("no schema: {other}"),
    };
    let inner = |schema: &Value| {
        let mut found = Vec::new();
        check(all, schema, value, at, &mut found);
        found
    };
    for (keyword, rule) in rules {
        match keyword.as_str() {
            note if NOTES.contains(&note) => {}
            "$ref" => {
                let name = rule.as_str().unwrap().strip_prefix("#").unwrap();
                found.extend(inner(all.root.pointer(name).unwrap_or_else(|| panic!("no {name}"))));
            }
            "type" => {
                let is = |name: &Value| is_of_type(value, name.as_str().unwrap());
                let fits = rule.as_array().map_or_else(|| is(rule), |names| names.iter().any(is));
                if !fits {
                    found.push(format!("{at}: {value} is not of type {rule}"));
                }
            }
            "enum" if !rule.as_array().unwrap().contains(value) => {
                found.push(format!("{at}: {value} is not in {rule}"))
            }
            "const" if rule != value => found.push(format!("{at}: {value} is not {rule}")),
            "enum" | "const" => {}
            "anyOf" | "oneOf" => {
                let tries: Vec<Vec<String>> = rule.as_array().unwrap().iter().map(inner).collect();
                let fit = tries.iter().filter(|faults| faults.is_empty()).count();
                if fit == 0 || keyword == "oneOf" && fit > 1 {
                    found.push(format!("{at}: {fit} of {keyword} fit {value}: {tries:?}"));
                }
            }
            "allOf" => rule.as_array().unwrap().iter().for_each(|schema| found.extend(inner(schema))),
            "properties" => {
                for (name, schema) in rule.as_object().unwrap() {
                    if let Some(value) = value.get(name) {
                        check(all, schema, value, &format!("{at}.{name}"), found);
                    }
                }
            }
            "required" => {
                for name in rule.as_array().unwrap().iter().filter_map(Value::as_str) {
                    if value.is_object() && value.get(name).is_none() {
                        found.push(format!("{at}: {name} is missing"));
                    }
                }
            }
            "items" => {
                let first = rules.get("prefixItems").and_then(Value::as_array).map_or(0, Vec::len);
                for (index, value) in value.as_array().into_iter().flatten().enumerate().skip(first) {
                    check(all, rule, value, &format!("{at}[{index}]"), found);
                }
            }
            "prefixItems" => {
                let items = value.as_array().into_iter().flatten().enumerate();
                for ((index, value), schema) in items.zip(rule.as_array().unwrap()) {
                    check(all, schema, value, &format!("{at}[{index}]"), found);
                }
            }
            "additionalProperties" => {}
            "minItems" | "maxItems" | "uniqueItems" | "minLength" | "minProperties" | "maxProperties" => {
                counted(keyword, rule, value, at, found);
            }
            "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => {
                if let (Some(number), Some(limit)) = (value.as_f64(), rule.as_f64()) {
                    let fits = match keyword.as_str() {
                        "minimum" => number >= limit,
                        "maximum" => number <= limit,
                        "exclusiveMinimum" => number > limit,
                        _ => number < limit,
                    };
                    if !fits {
                        found.push(format!("{at}: {number} is beyond {keyword} {limit}"));
                    }
                }
            }
            other => panic!("{at}: the keyword {other} is not known here"),
        }
    }
    // Properties that are not named.
    let named = rules.get("properties").and_then(Value::as_object);
    let others = rules.get("additionalProperties");
    let open = named.is_none() && others.is_none();
    for (name, value) in value.as_object().into_iter().flatten() {
        if open || named.is_some_and(|named| named.contains_key(name)) {
            continue;
        }
        match others {
            Some(schema) => check(all, schema, value, &format!("{at}.{name}"), found),
            None if all.strict => found.push(format!("{at}.{name}: the schema says nothing of it")),
            None => {}
        }
    }
}

fn counted(keyword: &str, rule: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let (items, text, object) = (value.as_array(), value.as_str(), value.as_object());
    let limit = rule.as_u64().unwrap_or(0) as usize;
    let fits = match keyword {
        "minItems" => items.is_none_or(|items| items.len() >= limit),
        "maxItems" => items.is_none_or(|items| items.len() <= limit),
        "minLength" => text.is_none_or(|text| text.chars().count() >= limit),
        "minProperties" => object.is_none_or(|object| object.len() >= limit),
        "maxProperties" => object.is_none_or(|object| object.len() <= limit),
        _ => items.is_none_or(|items| (1..items.len()).all(|i| !items[..i].contains(&items[i]))),
    };
    if !fits {
        found.push(format!("{at}: {keyword} {rule} does not hold"));
    }
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "number" => value.is_number(),
        // As the drafts have it: JSON has one kind of number, and 2.0 is a whole one.
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        other => panic!("there is no type {other}"),
    }
}
