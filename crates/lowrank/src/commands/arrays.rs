//! Named arrays, as files of arrays hold them.

use serde::Serialize;

/// One array of numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Array {
    /// Its name, after the symbol.
    pub(super) name: String,
    /// Name and length of each axis, outermost first.
    pub(super) axes: Vec<(String, usize)>,
    /// The numbers, the last axis running fastest.
    pub(super) values: Vec<f64>,
    /// Unit; "1" for a pure number.
    pub(super) unit: String,
    /// One line.
    pub(super) description: String,
}

/// An array from its parts.
pub(super) fn array(name: &str, axes: &[(&str, usize)], values: Vec<f64>, unit: &str, description: &str) -> Array {
    Array {
        name: name.to_owned(),
        axes: axes.iter().map(|(axis, length)| ((*axis).to_owned(), *length)).collect(),
        values,
        unit: unit.to_owned(),
        description: description.to_owned(),
    }
}
