//! Tables as CSV: one comment line that says what made them, one line of names, one line a row.
//!
//! Numbers are the shortest text that reads back as the same number. What is missing or not a number is empty, as
//! pandas and NumPy write and read it. Text is quoted where it must be. `pandas.read_csv(path, comment="#")` and
//! `numpy.genfromtxt(path, delimiter=",", names=True, skip_header=1)` read it.

use std::path::Path;

use serde::Serialize;

use crate::{Origin, ReportError, write_file};

/// Numbers of this size and larger are written with an exponent.
const LARGE: f64 = 1e16;
/// Numbers smaller than this are written with an exponent.
const SMALL: f64 = 1e-5;

/// A named column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its cells.
    pub cells: Cells,
}

/// The cells of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Cells {
    /// Numbers; NaN is empty.
    Numbers(Vec<f64>),
    /// Text.
    Text(Vec<String>),
}

impl Cells {
    fn len(&self) -> usize {
        match self {
            Self::Numbers(cells) => cells.len(),
            Self::Text(cells) => cells.len(),
        }
    }
}

/// Writes a table of columns of one length. Its comment line has program, version, commit, the seed if there is one, and
/// the spec as JSON.
///
/// # Errors
/// No column, two of one name, columns of different lengths; whatever the file system refuses.
pub fn write_csv<S: Serialize>(path: &Path, columns: &[Column], origin: &Origin<'_, S>) -> Result<(), ReportError> {
    write_file(path, text(columns, origin)?.as_bytes())
}

fn text<S: Serialize>(columns: &[Column], origin: &Origin<'_, S>) -> Result<String, ReportError> {
    let rows = check(columns)?;
    let made_by = origin.provenance;
    let seed = origin.seed.map(|seed| format!(", seed {seed}")).unwrap_or_default();
    let spec = origin.spec_line()?;
    let mut text = format!("# {} {}, commit {}{seed}, spec {spec}\n", made_by.program, made_by.version, made_by.commit);
    let line = |cells: Vec<String>| cells.join(",") + "\n";
    text += &line(columns.iter().map(|column| quoted(&column.name)).collect());
    for row in 0..rows {
        let cell = |column: &Column| match &column.cells {
            Cells::Numbers(cells) => number(cells[row]),
            Cells::Text(cells) => quoted(&cells[row]),
        };
        text += &line(columns.iter().map(cell).collect());
    }
    Ok(text)
}

/// The number of rows.
fn check(columns: &[Column]) -> Result<usize, ReportError> {
    let refused = |name: &str, reason| Err(ReportError::Columns { name: name.escape_debug().to_string(), reason });
    let Some(first) = columns.first() else {
        return refused("", "is missing: a table needs one column at least".to_owned());
    };
    for (index, column) in columns.iter().enumerate() {
        let (rows, expected) = (column.cells.len(), first.cells.len());
        if rows != expected {
            return refused(
                &column.name,
                format!("has {rows} rows, the first column {expected}; give all columns as many"),
            );
        }
        if columns[..index].iter().any(|other| other.name == column.name) {
            return refused(&column.name, "is there twice; give each column a name of its own".to_owned());
        }
    }
    Ok(first.cells.len())
}

/// The shortest text that reads back as the same number.
fn number(value: f64) -> String {
    let size = value.abs();
    if value.is_nan() {
        String::new()
    } else if size.is_finite() && size != 0.0 && !(SMALL..LARGE).contains(&size) {
        format!("{value:e}")
    } else {
        value.to_string()
    }
}

/// Text as RFC 4180 has it; what begins like a comment is quoted too.
fn quoted(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) || text.starts_with('#') || text.trim() != text {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Provenance;

    fn table(columns: &[Column]) -> Result<String, ReportError> {
        let provenance =
            Provenance { program: "lowrank", version: "0.1.0", commit: "abc".to_owned(), instructions: "avx2" };
        text(columns, &Origin { provenance: &provenance, seed: Some(7), spec: &serde_json::json!({"g": 1.5}) })
    }

    fn numbers(name: &str, cells: &[f64]) -> Column {
        Column { name: name.to_owned(), cells: Cells::Numbers(cells.to_vec()) }
    }

    #[test]
    fn a_table_begins_with_what_made_it() {
        let text = |cells: &[&str]| Cells::Text(cells.iter().map(|c| (*c).to_owned()).collect());
        let phase = Column { name: "phase, by theory".to_owned(), cells: text(&["at \"rest\"", "chaos"]) };
        assert_eq!(
            table(&[numbers("g", &[1.0, 0.1]), phase, numbers("lambda_max", &[f64::NAN, -3e-9])]).unwrap(),
            "# lowrank 0.1.0, commit abc, seed 7, spec {\"g\":1.5}\ng,\"phase, by theory\",lambda_max\n\
             1,\"at \"\"rest\"\"\",\n0.1,chaos,-3e-9\n"
        );
    }

    #[test]
    fn numbers_read_back_as_they_were() {
        for value in [0.1, 1.0 / 3.0, f64::MAX, f64::MIN_POSITIVE, 5e-324, -1e16, 1e15, 1e-5, -0.0, f64::INFINITY] {
            assert_eq!(number(value).parse::<f64>().unwrap().to_bits(), value.to_bits(), "{value}");
            assert!(number(value).len() < 26, "{}", number(value));
        }
    }

    #[test]
    fn columns_that_do_not_fit_are_told() {
        for (columns, told) in [
            (vec![], "one column at least"),
            (vec![numbers("g", &[1.0]), numbers("h", &[])], "'h' has 0 rows, the first column 1"),
            (vec![numbers("g", &[1.0]), numbers("g", &[1.0])], "'g' is there twice"),
        ] {
            let error = table(&columns).unwrap_err().to_string();
            assert!(error.contains(told) && !error.contains('\n'), "{error}");
        }
    }
}
