//! Numbers as messages and tables show them: rounded to decimals, zero without a sign.

/// A number with so many decimals. What rounds to zero has no sign: the "-" of "-0.0000" tells nothing.
#[must_use]
pub fn decimals(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    match text.strip_prefix('-') {
        Some(rest) if rest.bytes().all(|byte| matches!(byte, b'0' | b'.')) => rest.to_owned(),
        _ => text,
    }
}

/// Numbers with so many decimals each ([`decimals`]), in brackets.
#[must_use]
pub fn decimals_of(values: &[f64], digits: usize) -> String {
    let all: Vec<String> = values.iter().map(|value| decimals(*value, digits)).collect();
    format!("[{}]", all.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_has_no_sign_and_what_is_shown_keeps_its_own() {
        let cases = [
            (-0.0, 4, "0.0000"),
            (-4.9e-5, 4, "0.0000"),
            (-5.1e-5, 4, "-0.0001"),
            (-0.04, 1, "0.0"),
            (-0.4, 0, "0"),
            (-10.0, 0, "-10"),
            (-100.0, 2, "-100.00"),
            (f64::NEG_INFINITY, 2, "-inf"),
        ];
        for (value, digits, text) in cases {
            assert_eq!(decimals(value, digits), text);
        }
        assert_eq!(decimals_of(&[-1e-9, 1.26, -0.5], 2), "[0.00, 1.26, -0.50]");
        assert_eq!(decimals_of(&[], 2), "[]");
    }
}
