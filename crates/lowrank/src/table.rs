//! Tables as aligned text and as the columns of a file.

use lowrank_model::decimals;
use lowrank_report::{Cells, Column};

/// Numbers of this size and larger are printed with an exponent: four decimals would hide their size.
const LARGE: f64 = 1e9;

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Text(String),
    /// A number; nothing where it is none.
    Number(f64),
}

/// Rows under a head.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Table {
    head: Vec<String>,
    rows: Vec<Vec<Value>>,
    /// Columns that are printed and not written: text that files hold as numbers.
    only_printed: Vec<String>,
    /// Columns that are written and not printed.
    only_written: Vec<String>,
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl Value {
    fn number(&self) -> Option<f64> {
        match self {
            Self::Text(_) => None,
            Self::Number(number) => Some(*number),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) if number.is_nan() => String::new(),
            Self::Number(number) => number.to_string(),
        }
    }
}

impl Table {
    pub(crate) fn new(head: Vec<String>) -> Self {
        Self { head, rows: Vec::new(), only_printed: Vec::new(), only_written: Vec::new() }
    }

    /// The column of this name is printed and not written.
    pub(crate) fn only_printed(mut self, name: &str) -> Self {
        self.only_printed.push(name.to_owned());
        self
    }

    /// Columns are written and not printed.
    pub(crate) fn only_written(mut self, names: impl IntoIterator<Item = String>) -> Self {
        self.only_written.extend(names);
        self
    }

    pub(crate) fn push(&mut self, row: Vec<Value>) {
        self.rows.push(row);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Numbers with four decimals, to the right; a column without any entry is left out.
    pub(crate) fn text(&self) -> String {
        let cell = |value: &Value| match value {
            Value::Text(text) => text.clone(),
            Value::Number(number) if !number.is_finite() => String::new(),
            Value::Number(number) if number.abs() < LARGE => decimals(*number, 4),
            Value::Number(number) => format!("{number:.4e}"),
        };
        let cells: Vec<Vec<String>> = self.rows.iter().map(|row| row.iter().map(cell).collect()).collect();
        let shown: Vec<usize> = (0..self.head.len())
            .filter(|&c| !self.only_written.contains(&self.head[c]))
            .filter(|&c| cells.is_empty() || cells.iter().any(|row| !row[c].is_empty()))
            .collect();
        let mut text = String::new();
        for (index, row) in std::iter::once(&self.head).chain(&cells).enumerate() {
            let mut line = String::new();
            for &c in &shown {
                let width = cells.iter().map(|row| row[c].chars().count()).chain([self.head[c].chars().count()]).max();
                let width = width.unwrap_or(0);
                let is_text = self.rows.iter().all(|row| matches!(row[c], Value::Text(_)));
                let entry = if is_text { format!("{:<width$}", row[c]) } else { format!("{:>width$}", row[c]) };
                line += if line.is_empty() { "" } else { "  " };
                line += &entry;
            }
            text += line.trim_end();
            text += "\n";
            if index == 0 {
                text += &"-".repeat(line.chars().count());
                text += "\n";
            }
        }
        text
    }

    /// The columns for a file: every digit, nothing where there is no number.
    pub(crate) fn columns(&self) -> Vec<Column> {
        let cells = |c: usize| {
            let numbers: Option<Vec<f64>> = self.rows.iter().map(|row| row[c].number()).collect();
            match numbers {
                Some(numbers) => Cells::Numbers(numbers),
                None => Cells::Text(self.rows.iter().map(|row| row[c].text()).collect()),
            }
        };
        let written = self.head.iter().enumerate().filter(|(_, name)| !self.only_printed.contains(name));
        written.map(|(c, name)| Column { name: name.clone(), cells: cells(c) }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_aligned_and_columns_have_every_digit() {
        let mut table = Table::new(["name", "value", "never"].map(str::to_owned).to_vec());
        table.push(vec!["a, b".into(), (1.0 / 3.0).into(), f64::NAN.into()]);
        table.push(vec!["c".into(), (-20.0).into(), f64::NAN.into()]);
        let mut long = table.clone();
        long.push(vec!["d".into(), (2e200).into(), f64::NAN.into()]);
        assert!(long.text().ends_with("d     2.0000e200\n"), "{}", long.text());
        assert_eq!(table.text(), "name     value\n--------------\na, b    0.3333\nc     -20.0000\n");
        let hidden = table.clone().only_written(["value".to_owned()]).only_printed("name");
        assert_eq!(hidden.text(), "name\n----\na, b\nc\n");
        assert_eq!(hidden.columns().iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["value", "never"]);
        let columns = table.columns();
        assert_eq!(columns[0].cells, Cells::Text(vec!["a, b".to_owned(), "c".to_owned()]));
        assert_eq!(columns[1].cells, Cells::Numbers(vec![1.0 / 3.0, -20.0]));
        assert!(matches!(&columns[2].cells, Cells::Numbers(cells) if cells.iter().all(|cell| cell.is_nan())));
    }
}
