//! Tables as CSV: one line of names, one line a row, and nothing else, so that pandas, polars, R, Excel and every other reader
//! take a table without an option. What made it stands beside it in `NAME.csv.json`, as for the arrays of an .npz file: the
//! results of a command often have a `NAME.json` of their own.
//!
//! Numbers are the shortest text that reads back as the same number, with a point or an exponent even where they are whole: a
//! reader that takes the type of a column from its first rows takes a real number. What is missing or not a number is empty.
//! Text is quoted where it must be (RFC 4180).

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::{Origin, Provenance, ReportError, sidecar, write_file};

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
    /// Real numbers; NaN is empty.
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

/// Writes a table of columns of one length to `path`, and to [`sidecar`] of it what made it: program, version, commit, the
/// instruction set, the seed if there is one, and the spec.
///
/// # Errors
/// No column, two of one name, columns of different lengths; whatever the file system refuses.
pub fn write_csv<S: Serialize>(path: &Path, columns: &[Column], origin: &Origin<'_, S>) -> Result<(), ReportError> {
    #[derive(Serialize)]
    struct Record<'a, S> {
        #[serde(flatten)]
        provenance: &'a Provenance,
        seed: Option<u64>,
        spec: &'a S,
    }
    let Origin { provenance, seed, spec } = *origin;
    write_table(path, &text(columns)?, &Record { provenance, seed, spec }).map(drop)
}

/// Writes a table that is text already, a line of names and a line a row, and the description of what made it to [`sidecar`] of
/// it, the description first, so that no table is without. Gives both paths, that of the table first.
///
/// # Errors
/// Whatever the file system refuses; a description that is no JSON.
pub fn write_table(path: &Path, table: &str, description: &impl Serialize) -> Result<[PathBuf; 2], ReportError> {
    let description = serde_json::to_string_pretty(description)? + "\n";
    let beside = sidecar(path);
    write_file(&beside, description.as_bytes())?;
    write_file(path, table.as_bytes())?;
    Ok([path.to_owned(), beside])
}

fn text(columns: &[Column]) -> Result<String, ReportError> {
    let rows = check(columns)?;
    let line = |cells: Vec<String>| cells.join(",") + "\n";
    let mut text = line(columns.iter().map(|column| quoted(&column.name)).collect());
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

/// The shortest text that reads back as the same real number, empty for NaN.
fn number(value: f64) -> String {
    if value.is_nan() { String::new() } else { format!("{value:?}") }
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

    fn numbers(name: &str, cells: &[f64]) -> Column {
        Column { name: name.to_owned(), cells: Cells::Numbers(cells.to_vec()) }
    }

    #[test]
    fn a_table_is_names_and_rows_and_what_made_it_stands_beside() {
        let cells = |cells: &[&str]| Cells::Text(cells.iter().map(|c| (*c).to_owned()).collect());
        let phase = Column { name: "phase, by theory".to_owned(), cells: cells(&["at \"rest\"", "chaos"]) };
        let count = Column { name: "networks".to_owned(), cells: cells(&["4", "0"]) };
        let columns = [numbers("g", &[1.0, 0.1]), phase, count, numbers("lambda_max", &[f64::NAN, -3e-9])];
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.csv");
        let provenance =
            Provenance { program: "lowrank", version: "0.1.0", commit: "abc".to_owned(), instructions: "avx2" };
        let spec = serde_json::json!({"g": 1.5});
        write_csv(&path, &columns, &Origin { provenance: &provenance, seed: Some(7), spec: &spec }).unwrap();
        assert_eq!(
            crate::read_text(&path).unwrap(),
            "g,\"phase, by theory\",networks,lambda_max\n1.0,\"at \"\"rest\"\"\",4,\n0.1,chaos,0,-3e-9\n"
        );
        let beside: serde_json::Value =
            serde_json::from_str(&crate::read_text(&folder.path().join("table.csv.json")).unwrap()).unwrap();
        assert_eq!((&beside["commit"], &beside["seed"], &beside["spec"]), (&"abc".into(), &7.into(), &spec));
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
            let error = text(&columns).unwrap_err().to_string();
            assert!(error.contains(told) && !error.contains('\n'), "{error}");
        }
    }
}
