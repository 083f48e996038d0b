//! Every parameter of an operating point, by the names it has in the JSON record.

use serde::Serialize;
use serde_json::Value;

use crate::ReportError;

/// Name and value of everything in `record` but the fields `name` and `why`; fields of fields have names such as
/// `model.g`.
pub(super) fn parameters(record: &impl Serialize) -> Result<Vec<(String, String)>, ReportError> {
    let mut rows = Vec::new();
    if let Value::Object(mut fields) = serde_json::to_value(record)? {
        for heading in ["name", "why"] {
            fields.remove(heading);
        }
        collect("", &Value::Object(fields), &mut rows);
    }
    Ok(rows)
}

fn collect(name: &str, value: &Value, rows: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            let dot = if name.is_empty() { "" } else { "." };
            fields.iter().for_each(|(field, value)| collect(&format!("{name}{dot}{field}"), value, rows));
        }
        _ => rows.push((name.to_owned(), text(value))),
    }
}

/// A value in little space: the rows of a matrix below each other, everything else on one line.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => {
            let matrix = values.len() > 1 && values.iter().all(Value::is_array);
            let separator = if matrix { ",\n " } else { ", " };
            format!("[{}]", values.iter().map(text).collect::<Vec<_>>().join(separator))
        }
        Value::Object(fields) => {
            let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{name}: {}", text(value))).collect();
            format!("{{{}}}", pairs.join(", "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everything_is_there_by_its_name() {
        let record = json!({
            "name": "point",
            "why": "because",
            "model": {"g": 1.5, "law": {"covariance": [[1.0, 0.5], [0.5, 2.0]]}, "course": [{"before": 0.0, "at": []}]},
            "initial": [["m_1", 1.0], 0.5],
            "bulk": "gaussian",
            "noise": null,
        });
        let rows = parameters(&record).unwrap();
        let expected = [
            ("bulk", "gaussian"),
            ("initial", "[[m_1, 1.0], 0.5]"),
            ("model.course", "[{at: [], before: 0.0}]"),
            ("model.g", "1.5"),
            ("model.law.covariance", "[[1.0, 0.5],\n [0.5, 2.0]]"),
            ("noise", "null"),
        ];
        assert_eq!(rows, expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
    }
}
