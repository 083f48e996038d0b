//! Specs as text: TOML in, with one-line errors that name the line, the field and the nearest name; canonical JSON out and in;
//! the schema.

use crate::error::nearest;
use crate::{Spec, SpecError};

impl Spec {
    /// Reads a spec from TOML.
    ///
    /// # Errors
    /// What is no TOML; an unknown field, with the nearest known one; a value of the wrong kind. One line that names the place.
    pub fn from_toml(text: &str) -> Result<Self, SpecError> {
        toml::from_str(text).map_err(|error| {
            let message = error.message().lines().map(str::trim).collect::<Vec<_>>().join(" ");
            let reason = match error.span() {
                Some(span) => at(text, span.start, &mended(&message)),
                None => mended(&message),
            };
            SpecError::NotUnderstood { reason }
        })
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
    json(&schemars::schema_for!(Spec))
}

fn json(value: &impl serde::Serialize) -> Result<String, SpecError> {
    serde_json::to_string_pretty(value)
        .map(|text| text + "\n")
        .map_err(|error| SpecError::NotWritten { reason: error.to_string() })
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
        ("expected u64", "a whole number >= 0 is needed"),
        ("expected usize", "a whole number >= 0 is needed"),
        ("expected f64", "a number is needed"),
        ("expected a boolean", "true or false is needed"),
        ("expected a string", "a text in quotes is needed"),
        ("expected a sequence", "a list in [ ] is needed"),
        ("expected a map", "a table is needed"),
        ("expected a tuple of size 2", "a pair [time, amplitude] is needed"),
    ];
    let found = words.iter().find(|(theirs, _)| message.ends_with(theirs));
    found.map_or_else(|| message.to_owned(), |(theirs, ours)| message.replace(theirs, ours))
}
