//! Specs as text: TOML in, with one-line errors that name the line, the field and the nearest name; canonical JSON out and in;
//! the schema.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::nearest;
use crate::{Spec, SpecError, ranges};

/// The tables of which a spec has one each.
const TABLES: [&str; 5] = ["network", "structure", "start", "run", "thresholds"];
/// The geometries.
const GEOMETRIES: [&str; 4] = ["strength", "orthogonal", "driven", "bistable"];

impl Spec {
    /// Reads a spec from TOML.
    ///
    /// # Errors
    /// What is no TOML; an unknown field, with the nearest known one; a value of the wrong kind or out of its range. One line that
    /// names the place.
    pub fn from_toml(text: &str) -> Result<Self, SpecError> {
        shapes(text)?;
        let spec: Self = toml::from_str(text).map_err(|error| {
            let message = error.message().lines().map(str::trim).collect::<Vec<_>>().join(" ");
            let reason = match error.span() {
                Some(span) => at(text, span.start, &mended(&message)),
                None => mended(&message),
            };
            SpecError::NotUnderstood { reason }
        })?;
        ranges::check(&spec)?;
        Ok(spec)
    }

    /// Reads a spec from its canonical text.
    ///
    /// # Errors
    /// Any other text.
    pub fn from_canonical(text: &str) -> Result<Self, SpecError> {
        serde_json::from_str(text).map_err(|error| SpecError::NotUnderstood { reason: error.to_string() })
    }

    /// The canonical text: JSON, the same bytes for the same spec however it was written down.
    ///
    /// # Errors
    /// A number that JSON does not have.
    pub fn canonical(&self) -> Result<String, SpecError> {
        json(self)
    }
}

/// The JSON schema of spec files, for editors that complete and check TOML by it.
///
/// # Errors
/// None in practice.
pub fn schema() -> Result<String, SpecError> {
    let mut schema = schemars::schema_for!(Spec);
    ranges::into_schema(&mut schema);
    json(&schema)
}

fn json(value: &impl serde::Serialize) -> Result<String, SpecError> {
    serde_json::to_string_pretty(value)
        .map(|text| text + "\n")
        .map_err(|error| SpecError::NotWritten { reason: error.to_string() })
}

/// Refuses a table where a list of tables belongs, the reverse, and a geometry that is not one table in another: what the
/// parser says of these is of its own kinds, and it takes a list for a table, field by field. A text that is no TOML is left to it.
fn shapes(text: &str) -> Result<(), SpecError> {
    let Ok(document) = DeTable::parse(text) else { return Ok(()) };
    let document = document.get_ref();
    for table in TABLES {
        if let Some(value) = document.get(table) {
            let mend = format!("a spec has one {table}, write [{table}] and the fields below");
            is_table(text, table, value, &mend)?;
        }
    }
    for list in ["input", "axis"] {
        if let Some(value) = document.get(list) {
            are_tables(text, list, value)?;
        }
    }
    if let Some(DeValue::Array(inputs)) = document.get("input").map(Spanned::get_ref) {
        let sines = inputs.iter().filter_map(|input| input.get_ref().as_table()?.get("sine"));
        for sine in sines {
            is_table(text, "input.sine", sine, "a sine is a table, write { amplitude = 1.0, period = 10.0 }")?;
        }
    }
    let Some(DeValue::Table(structure)) = document.get("structure").map(Spanned::get_ref) else { return Ok(()) };
    if let Some(value) = structure.get("population") {
        are_tables(text, "structure.population", value)?;
    }
    structure.get("geometry").map_or(Ok(()), |value| geometry(text, value))
}

fn geometry(text: &str, value: &Spanned<DeValue<'_>>) -> Result<(), SpecError> {
    let field = "structure.geometry";
    let known = GEOMETRIES.join(", ");
    let named = value.get_ref().as_str().and_then(|name| nearest(name, GEOMETRIES)).unwrap_or(GEOMETRIES[0]);
    is_table(text, field, value, &format!("a geometry is a table of one of {known}, write {{ {named} = {{}} }}"))?;
    let DeValue::Table(table) = value.get_ref() else { return Ok(()) };
    let names: Vec<&str> = table.keys().map(|name| name.get_ref().as_ref()).collect();
    match names[..] {
        [] => Err(refused(text, value, field, &format!("give one of {known}, write {{ {named} = {{}} }}"))),
        [name] if GEOMETRIES.contains(&name) => {
            let (field, mend) =
                (format!("{field}.{name}"), format!("its fields are a table, write {{ {name} = {{}} }}"));
            table.values().try_for_each(|inner| is_table(text, &field, inner, &mend))
        }
        // The parser knows the nearest name.
        [_] => Ok(()),
        [first, ..] => {
            let mend = format!("the vectors have one geometry, leave all but one out, write {{ {first} = {{}} }}");
            Err(refused(text, value, field, &mend))
        }
    }
}

fn are_tables(text: &str, field: &str, value: &Spanned<DeValue<'_>>) -> Result<(), SpecError> {
    let name = field.rsplit('.').next().unwrap_or(field);
    let mend = format!("a spec may have many of them, write [[{field}]] and the fields of each {name} below");
    match value.get_ref() {
        DeValue::Array(items) => items.iter().try_for_each(|item| is_table(text, field, item, &mend)),
        _ => Err(refused(text, value, field, &mend)),
    }
}

fn is_table(text: &str, field: &str, value: &Spanned<DeValue<'_>>, mend: &str) -> Result<(), SpecError> {
    if value.get_ref().is_table() { Ok(()) } else { Err(refused(text, value, field, mend)) }
}

/// A value of the wrong shape, with its line.
fn refused(text: &str, value: &Spanned<DeValue<'_>>, field: &str, mend: &str) -> SpecError {
    let found = match value.get_ref() {
        DeValue::String(name) => format!("{name:?}"),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(truth) => truth.to_string(),
        DeValue::Datetime(date) => date.to_string(),
        DeValue::Array(items) if items.iter().any(|item| item.get_ref().is_table()) => "a list of tables".to_owned(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(table) if table.is_empty() => "an empty table".to_owned(),
        DeValue::Table(table) => {
            let names: Vec<&str> = table.keys().map(|name| name.get_ref().as_ref()).collect();
            format!("a table of {}", names.join(", "))
        }
    };
    let line = 1 + text.get(..value.span().start).unwrap_or(text).matches('\n').count();
    SpecError::NotUnderstood { reason: format!("line {line}: {field} is {found}: {mend}") }
}

/// A message with its line, the table it is in and, where that line sets a field, the field.
fn at(text: &str, byte: usize, message: &str) -> String {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.matches('\n').count();
    let header = |line: &&str| line.trim_start().starts_with('[');
    let lines: Vec<&str> = text.lines().collect();
    let so_far = lines.get(..=line.min(lines.len().saturating_sub(1))).unwrap_or_default();
    let table = so_far.iter().rev().find(|line| header(line)).and_then(|line| line.split('#').next());
    let field = lines.get(line).filter(|line| !header(line)).and_then(|line| line.split_once('='));
    let field = field.map(|(field, _)| field.trim()).filter(|field| !message.contains(&format!("`{field}`")));
    let place = match (table, field) {
        (Some(table), Some(field)) => format!(" ({} {field})", table.trim()),
        (None, Some(field)) => format!(" ({field})"),
        (Some(table), None) => format!(" ({})", table.trim()),
        (None, None) => String::new(),
    };
    format!("line {}{place}: {message}", line + 1)
}

/// What the parser says, with the nearest of the names it expects, and without words of the programming language.
fn mended(message: &str) -> String {
    let named: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    if let Some((given, known)) = named.split_first()
        && (message.starts_with("unknown field") || message.starts_with("unknown variant"))
        && let Some(nearest) = nearest(given, known.iter().copied())
    {
        let what = if message.starts_with("unknown field") { "unknown field" } else { "unknown name" };
        return format!("{what} `{given}`: did you mean `{nearest}`? Known are {}", known.join(", "));
    }
    if let Some(name) = message.strip_prefix("missing field ") {
        return format!("the field {name} is missing: give it a value");
    }
    let words = [
        ("expected a whole number >= 0", "a whole number >= 0 is needed"),
        ("expected f64", "a number is needed"),
        ("expected a boolean", "true or false is needed"),
        ("expected a string", "a text in quotes is needed"),
        ("expected a sequence", "a list in [ ] is needed"),
        ("expected a map", "a table is needed"),
    ];
    let found = words.iter().find(|(theirs, _)| message.ends_with(theirs));
    found.map_or_else(|| message.to_owned(), |(theirs, ours)| message.replace(theirs, ours))
}
