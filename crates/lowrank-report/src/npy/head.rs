//! The head of an .npy file: which numbers follow, in which order and shape.

/// What the head says.
#[derive(Debug, PartialEq)]
pub(super) struct Head {
    pub(super) kind: Kind,
    pub(super) big_endian: bool,
    /// The first index runs fastest.
    pub(super) fortran: bool,
    pub(super) shape: Vec<usize>,
}

/// Kinds of numbers that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    F4,
    F8,
    I4,
    I8,
}

impl Kind {
    /// Bytes of a number.
    pub(super) fn size(self) -> usize {
        match self {
            Self::F4 | Self::I4 => 4,
            Self::F8 | Self::I8 => 8,
        }
    }
}

/// Reads the dictionary, or says what is wrong with it and how to mend it.
pub(super) fn parse(text: &str) -> Result<Head, String> {
    let no_head = |key: &str| format!("its head has no valid {key}; save it again with numpy.save");
    let descr = value_of(text, "descr").ok_or_else(|| no_head("'descr'"))?;
    let fortran = match value_of(text, "fortran_order").ok_or_else(|| no_head("'fortran_order'"))? {
        rest if rest.starts_with("True") => true,
        rest if rest.starts_with("False") => false,
        _ => return Err(no_head("'fortran_order'")),
    };
    let shape = value_of(text, "shape").and_then(parse_shape).ok_or_else(|| no_head("'shape'"))?;
    let (kind, big_endian) = parse_kind(descr)?;
    Ok(Head { kind, big_endian, fortran, shape })
}

/// What follows a key of the dictionary.
fn value_of<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let (_, after) = ['\'', '"'].iter().find_map(|quote| text.split_once(&format!("{quote}{key}{quote}")))?;
    Some(after.trim_start().strip_prefix(':')?.trim_start())
}

fn parse_kind(descr: &str) -> Result<(Kind, bool), String> {
    const TAKEN: &str = "float32, float64, int32 and int64 are read";
    let quoted = descr.strip_prefix(['\'', '"']).and_then(|rest| rest.split(['\'', '"']).next());
    let Some(name) = quoted else {
        return Err(format!("it holds records with named fields; save one field as float64 ({TAKEN})"));
    };
    let (order, kind) = name.split_at_checked(1).unwrap_or((name, ""));
    let big_endian = match order {
        "<" | "|" => false,
        ">" => true,
        "=" => cfg!(target_endian = "big"),
        _ => return Err(format!("its type '{name}' is unknown; save it with .astype('f8') ({TAKEN})")),
    };
    match kind {
        "f4" => Ok((Kind::F4, big_endian)),
        "f8" => Ok((Kind::F8, big_endian)),
        "i4" => Ok((Kind::I4, big_endian)),
        "i8" => Ok((Kind::I8, big_endian)),
        "O" => Err(format!("it holds Python objects; save it with .astype('f8') ({TAKEN})")),
        _ if kind.starts_with('c') => Err(format!("its type is '{name}', complex; save the real part ({TAKEN})")),
        _ => Err(format!("its type is '{name}'; save it with .astype('f8') ({TAKEN})")),
    }
}

/// "(3, 4)", "(3,)", "()"; Python 2 wrote "(3L,)".
fn parse_shape(text: &str) -> Option<Vec<usize>> {
    let (inside, _) = text.strip_prefix('(')?.split_once(')')?;
    let lengths = inside.split(',').map(|length| length.trim().trim_end_matches('L'));
    let lengths: Vec<&str> = lengths.collect();
    let (last, before) = lengths.split_last()?;
    // A comma may end the list, but nothing may be missing before.
    let counted = if last.is_empty() { before } else { &lengths[..] };
    counted.iter().map(|length| length.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_as_written_by_numpy_and_others() {
        let head = parse("{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }   \n").unwrap();
        assert_eq!(head, Head { kind: Kind::F8, big_endian: false, fortran: false, shape: vec![3, 4] });
        let head = parse("{\"shape\":(7L,),\"fortran_order\":True,\"descr\":\">i4\"}").unwrap();
        assert_eq!(head, Head { kind: Kind::I4, big_endian: true, fortran: true, shape: vec![7] });
        assert!(parse("{'descr': '=f4', 'fortran_order': False, 'shape': ()}").unwrap().shape.is_empty());
    }

    #[test]
    fn what_is_wrong_is_told() {
        let of = |descr: &str, order: &str, shape: &str| {
            parse(&format!("{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}")).unwrap_err()
        };
        for (descr, told) in [
            ("'|O'", "Python objects"),
            ("'<c16'", "complex"),
            ("'|b1'", "'|b1'"),
            ("'<U3'", "'<U3'"),
            ("''", "unknown"),
            ("'\u{3ba}f8'", "unknown"),
            ("[('a', '<f8')]", "named fields"),
        ] {
            assert!(of(descr, "False", "(1,)").contains(told), "{descr}");
        }
        assert!(of("'<f8'", "0", "(1,)").contains("'fortran_order'"));
        for shape in ["3", "(-1,)", "(1,,2)", "(,)", "(a)", "(1"] {
            assert!(of("'<f8'", "False", shape).contains("'shape'"), "{shape}");
        }
        assert!(parse("nonsense").unwrap_err().contains("'descr'"));
    }
}
