//! Reading vectors and matrices from .npy files.

use std::fs;
use std::path::Path;

use super::MAGIC;
use super::head::{Head, Kind, parse};
use crate::ReportError;

/// A vector or a matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct Numbers {
    /// One length or two.
    pub shape: Vec<usize>,
    /// The numbers, the last index running fastest, whichever order the file has.
    pub values: Vec<f64>,
}

/// Reads a vector or a matrix of float32, float64, int32 or int64, of either byte order, C or Fortran order, format
/// versions 1 to 3. Integers beyond 2^53 are rounded; numbers that are not finite are read as they are.
///
/// # Errors
/// The file cannot be read, is no .npy file, is shorter or longer than its head says, holds other things than numbers
/// or complex ones, or has no or more than two dimensions.
pub fn read_npy(path: &Path) -> Result<Numbers, ReportError> {
    let bytes = fs::read(path).map_err(|source| ReportError::Read { path: path.to_owned(), source })?;
    decode(&bytes).map_err(|reason| ReportError::Npy { path: path.to_owned(), reason })
}

fn decode(bytes: &[u8]) -> Result<Numbers, String> {
    let (text, data) = split(bytes)?;
    let Head { kind, big_endian, fortran, shape } = parse(text)?;
    if !(1..=2).contains(&shape.len()) {
        return Err(format!(
            "it has {} dimensions, the shape {shape:?}; save a vector or a matrix, as by .reshape(-1) or .reshape(n, -1)",
            shape.len()
        ));
    }
    let expected = shape.iter().try_fold(kind.size(), |product, length| product.checked_mul(*length));
    if expected != Some(data.len()) {
        let state = if expected.is_some_and(|expected| data.len() > expected) { "too long" } else { "truncated" };
        return Err(format!(
            "it is {state}: the shape {shape:?} of {} bytes each is not {} bytes; save or copy it again",
            kind.size(),
            data.len()
        ));
    }
    let values: Vec<f64> = data.chunks_exact(kind.size()).map(|chunk| number(kind, big_endian, chunk)).collect();
    Ok(Numbers { values: if fortran { transposed(&shape, &values) } else { values }, shape })
}

/// The text of the head and the bytes of the numbers.
fn split(bytes: &[u8]) -> Result<(&str, &[u8]), String> {
    let Some(rest) = bytes.strip_prefix(MAGIC) else {
        return Err("it is not an .npy file; save the array with numpy.save".to_owned());
    };
    let truncated = || "it is truncated within its head; save or copy it again".to_owned();
    let (version, rest) = rest.split_first_chunk::<2>().ok_or_else(truncated)?;
    let (length, rest) = match version[0] {
        1 => {
            let (length, rest) = rest.split_first_chunk::<2>().ok_or_else(truncated)?;
            (usize::from(u16::from_le_bytes(*length)), rest)
        }
        2 | 3 => {
            let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(truncated)?;
            // What does not fit is more than any file holds.
            (usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX), rest)
        }
        other => {
            return Err(format!("its format has version {other}, not 1 to 3; save it again with numpy.save"));
        }
    };
    let (text, data) = rest.split_at_checked(length).ok_or_else(truncated)?;
    let text =
        std::str::from_utf8(text).map_err(|_| "its head is no text; save it again with numpy.save".to_owned())?;
    Ok((text, data))
}

fn number(kind: Kind, big_endian: bool, chunk: &[u8]) -> f64 {
    let mut low = [0_u8; 8];
    let end = chunk.len();
    low[..end].copy_from_slice(chunk);
    if big_endian {
        low[..end].reverse();
    }
    let [a, b, c, d, ..] = low;
    match kind {
        Kind::F4 => f64::from(f32::from_le_bytes([a, b, c, d])),
        Kind::I4 => f64::from(i32::from_le_bytes([a, b, c, d])),
        Kind::F8 => f64::from_le_bytes(low),
        Kind::I8 => i64::from_le_bytes(low) as f64,
    }
}

/// From the first index fastest to the last index fastest.
fn transposed(shape: &[usize], values: &[f64]) -> Vec<f64> {
    let [rows, columns] = *shape else { return values.to_vec() };
    (0..rows * columns).map(|k| values[k / columns + rows * (k % columns)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file as NumPy writes it, the head cut short of its padding, which no reader needs.
    fn file(version: u8, descr: &str, fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
        let order = if fortran { "True" } else { "False" };
        let text = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n");
        let length = text.len() as u32;
        let length = if version == 1 { length.to_le_bytes()[..2].to_vec() } else { length.to_le_bytes().to_vec() };
        [b"\x93NUMPY", &[version, 0][..], &length, text.as_bytes(), data].concat()
    }

    #[test]
    fn every_kind_in_both_byte_orders() {
        // 1 and -2 by hand: IEEE 754 0x3f800000, 0xc0000000; 0x3ff0..., 0xc000...; two's complement.
        let minus_two = [0xff_u8; 7];
        for (descr, one, minus) in [
            (">f4", vec![0x3f, 0x80, 0, 0], vec![0xc0, 0, 0, 0]),
            (">f8", vec![0x3f, 0xf0, 0, 0, 0, 0, 0, 0], vec![0xc0, 0, 0, 0, 0, 0, 0, 0]),
            (">i4", vec![0, 0, 0, 1], [&minus_two[..3], &[0xfe]].concat()),
            (">i8", vec![0, 0, 0, 0, 0, 0, 0, 1], [&minus_two[..], &[0xfe]].concat()),
        ] {
            let expected = Numbers { shape: vec![2], values: vec![1.0, -2.0] };
            let big = [one.clone(), minus.clone()].concat();
            assert_eq!(decode(&file(1, descr, false, "(2,)", &big)), Ok(expected.clone()), "{descr}");
            let little: Vec<u8> = one.into_iter().rev().chain(minus.into_iter().rev()).collect();
            let descr = descr.replace('>', "<");
            assert_eq!(decode(&file(2, &descr, false, "(2,)", &little)), Ok(expected), "{descr}");
        }
    }

    #[test]
    fn fortran_order_is_turned_and_an_empty_matrix_is_one() {
        let data: Vec<u8> = [1_i32, 4, 2, 5, 3, 6].iter().flat_map(|v| v.to_le_bytes()).collect();
        let read = decode(&file(3, "<i4", true, "(2, 3)", &data)).unwrap();
        assert_eq!(read, Numbers { shape: vec![2, 3], values: vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0] });
        assert!(decode(&file(1, "<f8", true, "(0, 3)", &[])).unwrap().values.is_empty());
        assert_eq!(decode(&file(1, "<f8", true, "(3, 0)", &[])).unwrap().shape, [3, 0]);
    }

    #[test]
    fn a_file_of_numpy_to_the_byte() {
        // numpy.save of numpy.asfortranarray([[1, 2], [3, 4]]) of type '>i4', by NumPy 2.4.
        let head = b"\x93NUMPY\x01\x00v\x00{'descr': '>i4', 'fortran_order': True, 'shape': (2, 2), }";
        let padding = [b' '; 60];
        let data = b"\n\0\0\0\x01\0\0\0\x03\0\0\0\x02\0\0\0\x04";
        let bytes = [&head[..], &padding[..127 - head.len()], data].concat();
        assert_eq!(decode(&bytes), Ok(Numbers { shape: vec![2, 2], values: vec![1.0, 2.0, 3.0, 4.0] }));
    }

    #[test]
    fn what_this_crate_writes_it_reads() {
        let bytes = super::super::encode_numbers(&[2, 2], &[0.1, -1e300, f64::INFINITY, 5e-324]);
        assert_eq!(decode(&bytes).unwrap().values, [0.1, -1e300, f64::INFINITY, 5e-324]);
    }

    #[test]
    fn what_cannot_be_read_is_told_in_one_line_with_the_file() {
        let whole = file(1, "<f8", false, "(2,)", &[0; 16]);
        for (bytes, told) in [
            (b"PK\x03\x04".to_vec(), "not an .npy file"),
            (Vec::new(), "not an .npy file"),
            (whole[..7].to_vec(), "truncated within its head"),
            (whole[..9].to_vec(), "truncated within its head"),
            (whole[..30].to_vec(), "truncated within its head"),
            (whole[..whole.len() - 1].to_vec(), "truncated: the shape [2] of 8 bytes each is not 15 bytes"),
            ([&whole[..], &[0]].concat(), "too long"),
            (file(4, "<f8", false, "(2,)", &[0; 16]), "version 4"),
            (file(1, "<f8", false, "()", &[0; 8]), "0 dimensions"),
            (file(1, "<f8", false, "(1, 1, 1)", &[0; 8]), "3 dimensions"),
            (file(1, "<f8", false, "(9999999999999, 9999999999999)", &[0; 8]), "truncated"),
            (file(1, "<c8", false, "(1,)", &[0; 8]), "complex"),
            (file(1, "|O", false, "(1,)", &[0; 8]), "Python objects"),
            (b"\x93NUMPY\x01\x00\x02\x00\xff\xff".to_vec(), "no text"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("vectors.npy");
            fs::write(&path, bytes).unwrap();
            let error = read_npy(&path).unwrap_err().to_string();
            assert!(error.contains(told) && error.contains("vectors.npy") && error.contains("; "), "{error}");
            assert!(!error.contains('\n'), "{error}");
        }
        let missing = read_npy(Path::new("/nowhere/vectors.npy")).unwrap_err().to_string();
        assert!(missing.contains("/nowhere/vectors.npy"), "{missing}");
    }
}
