//! The kinds of bulk by name, and the memory of each before anything is drawn.

use std::fmt;
use std::str::FromStr;

use super::{gaussian, sign};
use crate::ConnectivityError;

/// Which bulk to draw. Written and read as "gaussian", "sign", "sparse:K".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BulkKind {
    /// Independent normal entries.
    Gaussian,
    /// Entries +-1/sqrt(N).
    Sign,
    /// Normal entries of variance 1/K at K places a row.
    Sparse {
        /// Inputs a unit, K.
        inputs: usize,
    },
}

impl BulkKind {
    /// The kind without its numbers: "gaussian", "sign", "sparse".
    pub fn name(self) -> &'static str {
        match self {
            Self::Gaussian => "gaussian",
            Self::Sign => "sign",
            Self::Sparse { .. } => "sparse",
        }
    }

    /// Memory of a bulk of `n` neurons whose entries take `precision` bytes each (4 or 8), to hold against
    /// [`check_memory`](crate::check_memory). The largest number if it has more bits than that.
    pub fn bytes(self, n: usize, precision: usize) -> u64 {
        let (n, precision) = (n as u64, precision as u64);
        match self {
            Self::Gaussian => gaussian::bytes(n, precision),
            Self::Sign => sign::bytes(n),
            Self::Sparse { inputs } => {
                n.saturating_mul(inputs as u64).saturating_mul(precision + size_of::<u32>() as u64)
            }
        }
    }
}

impl fmt::Display for BulkKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sparse { inputs } => write!(f, "sparse:{inputs}"),
            _ => f.write_str(self.name()),
        }
    }
}

impl FromStr for BulkKind {
    type Err = ConnectivityError;

    fn from_str(text: &str) -> Result<Self, ConnectivityError> {
        let bad = || ConnectivityError::BadBulkKind { name: text.to_owned() };
        match text.split_once(':') {
            None if text == "gaussian" => Ok(Self::Gaussian),
            None if text == "sign" => Ok(Self::Sign),
            Some(("sparse", inputs)) => Ok(Self::Sparse { inputs: inputs.parse().map_err(|_| bad())? }),
            _ => Err(bad()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_and_others_are_refused() {
        for kind in [BulkKind::Gaussian, BulkKind::Sign, BulkKind::Sparse { inputs: 200 }] {
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        for name in ["", "Gaussian", "sparse", "sparse:", "sparse:-3", "sign:2", "dense"] {
            let error = name.parse::<BulkKind>().unwrap_err();
            assert!(
                error.to_string().contains(&format!("{name:?}")) && error.to_string().contains("sparse:K"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_hundred_thousand_signs_take_an_eighth_of_a_byte_each() {
        let bytes = BulkKind::Sign.bytes(100_000, 8);
        assert!((bytes as f64 - 1.25e9).abs() < 1e-3 * 1.25e9, "{bytes}");
        assert_eq!(BulkKind::Gaussian.bytes(20_000, 4), 1_600_000_000);
        assert_eq!(BulkKind::Sparse { inputs: 100 }.bytes(1000, 8), 1_200_000);
        assert_eq!(BulkKind::Gaussian.bytes(usize::MAX, 8), u64::MAX);
    }
}
