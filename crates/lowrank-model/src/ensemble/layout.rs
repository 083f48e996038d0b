//! Which vectors a network has, and in which order they are stored: m^(1..R), n^(1..R), I^(1..Q), w^(1..P).

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::ModelError;

/// Numbers of vectors of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Layout {
    /// Rank R of the structured part: R vectors m and R vectors n.
    pub rank: usize,
    /// Number of input vectors I.
    pub inputs: usize,
    /// Number of readout vectors w.
    pub readouts: usize,
}

/// One vector of the layout, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vector {
    /// Left structure vector m^(k): the direction the network is driven along.
    M(usize),
    /// Right structure vector n^(k): the direction that is read.
    N(usize),
    /// Input vector I^(q).
    I(usize),
    /// Readout vector w^(p).
    W(usize),
}

impl fmt::Display for Vector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::M(k) => write!(f, "m[{k}]"),
            Self::N(k) => write!(f, "n[{k}]"),
            Self::I(q) => write!(f, "I[{q}]"),
            Self::W(p) => write!(f, "w[{p}]"),
        }
    }
}

impl FromStr for Vector {
    type Err = ModelError;

    /// "m\[0\]", "n\[0\]", "I\[0\]", "w\[0\]", ... as they are displayed.
    fn from_str(name: &str) -> Result<Self, ModelError> {
        let unknown = || ModelError::UnknownName {
            kind: "vector",
            name: name.to_owned(),
            known: "m[k], n[k], I[q], w[p], counted from 0".to_owned(),
        };
        let (kind, index) = name.strip_suffix(']').and_then(|name| name.split_once('[')).ok_or_else(unknown)?;
        let index = index.parse().map_err(|_| unknown())?;
        match kind {
            "m" => Ok(Self::M(index)),
            "n" => Ok(Self::N(index)),
            "I" => Ok(Self::I(index)),
            "w" => Ok(Self::W(index)),
            _ => Err(unknown()),
        }
    }
}

impl Layout {
    /// A layout of `rank` outer products, without inputs and readouts.
    pub fn rank(rank: usize) -> Self {
        Self { rank, inputs: 0, readouts: 0 }
    }

    /// The same with this many input vectors.
    pub fn with_inputs(self, inputs: usize) -> Self {
        Self { inputs, ..self }
    }

    /// The same with this many readout vectors.
    pub fn with_readouts(self, readouts: usize) -> Self {
        Self { readouts, ..self }
    }

    /// Number of vectors, 2 R + Q + P.
    pub fn dimension(self) -> usize {
        2 * self.rank + self.inputs + self.readouts
    }

    /// Position of a vector in the stored order.
    ///
    /// # Errors
    /// A vector this layout does not have.
    pub fn index(self, vector: Vector) -> Result<usize, ModelError> {
        let (offset, position, count) = match vector {
            Vector::M(k) => (0, k, self.rank),
            Vector::N(k) => (self.rank, k, self.rank),
            Vector::I(q) => (2 * self.rank, q, self.inputs),
            Vector::W(p) => (2 * self.rank + self.inputs, p, self.readouts),
        };
        if position < count {
            Ok(offset + position)
        } else {
            Err(ModelError::NoSuchVector {
                vector: vector.to_string(),
                rank: self.rank,
                inputs: self.inputs,
                readouts: self.readouts,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_vectors_come_back_and_others_are_refused() {
        for vector in [Vector::M(0), Vector::N(12), Vector::I(3), Vector::W(1)] {
            assert_eq!(vector.to_string().parse(), Ok(vector));
        }
        for name in ["", "m", "m[", "m[]", "m[-1]", "x[0]", "m[0] ", "M[0]", "m0"] {
            let told = name.parse::<Vector>().unwrap_err().to_string();
            assert!(told.contains(&format!("{name:?}")) && told.contains("m[k]"), "{told}");
        }
    }
}
