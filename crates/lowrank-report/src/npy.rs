//! The .npy format of NumPy: one array a file.
//!
//! Magic bytes, version, length of the head, the head (a Python dictionary of type, order and shape), the numbers.
//! Written is version 1.0, little endian, C order, float64 or fixed-width unicode; [`read_npy`] takes more.

mod head;
mod read;

pub use read::{Numbers, read_npy};

/// What every file begins with.
const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// The numbers begin at a multiple of this, as the format asks.
const ALIGNMENT: usize = 64;

/// Numbers of any shape, the last index running fastest.
pub(crate) fn encode_numbers(shape: &[usize], values: &[f64]) -> Vec<u8> {
    let mut bytes = head("<f8", shape);
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    bytes
}

/// A list of strings: four bytes a character, every string as wide as the longest, filled up with zeros.
pub(crate) fn encode_strings(strings: &[&str]) -> Vec<u8> {
    let width = strings.iter().map(|s| s.chars().count()).max().unwrap_or(0).max(1);
    let mut bytes = head(&format!("<U{width}"), &[strings.len()]);
    for string in strings {
        let filled = string.chars().map(u32::from).chain(std::iter::repeat(0)).take(width);
        bytes.extend(filled.flat_map(u32::to_le_bytes));
    }
    bytes
}

/// Everything before the numbers. Version 1.0 has room for 64 kB, two thousand axes.
fn head(kind: &str, shape: &[usize]) -> Vec<u8> {
    let lengths = shape.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
    // (3) is a number in Python, (3,) a tuple.
    let comma = if shape.len() == 1 { "," } else { "" };
    let mut text = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({lengths}{comma}), }}");
    let before = MAGIC.len() + 4;
    let end = (before + text.len() + 1).next_multiple_of(ALIGNMENT);
    text.extend(std::iter::repeat_n(' ', end - 1 - before - text.len()));
    text.push('\n');
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    [MAGIC, &[1, 0][..], &length.to_le_bytes(), text.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_those_of_numpy() {
        // numpy.save of numpy.array([[1.0, -2.5]]), by NumPy 2.4.
        let head = b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }";
        let data = b"\n\0\0\0\0\0\0\xf0?\0\0\0\0\0\0\x04\xc0";
        let expected = [&head[..], &[b' '; 60][..127 - head.len()], data].concat();
        assert_eq!(encode_numbers(&[1, 2], &[1.0, -2.5]), expected);
        assert!(String::from_utf8_lossy(&encode_numbers(&[], &[1.0])).contains("'shape': (), }"));
    }

    #[test]
    fn strings_are_as_wide_as_the_longest() {
        let bytes = encode_strings(&["g", "rank"]);
        assert!(String::from_utf8_lossy(&bytes).contains("'descr': '<U4', 'fortran_order': False, 'shape': (2,), }"));
        let letters: Vec<u8> = bytes[128..].chunks(4).map(|c| c[0]).collect();
        assert_eq!(letters, b"g\0\0\0rank");
        assert_eq!(encode_strings(&[]).len(), 128);
    }
}
