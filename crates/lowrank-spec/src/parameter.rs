//! What an axis can set.

use std::fmt;
use std::str::FromStr;

use lowrank_model::Vector;

use crate::SpecError;
use crate::error::unknown;

/// One parameter of the network or its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parameter {
    /// Random strength g.
    G,
    /// Structure strength s: m\[0] and n\[0] both have mean sqrt(s), so that their means overlap by s (\[MO18\]).
    Strength,
    /// Mean of a vector.
    Mean(Vector),
    /// Covariance of two vectors; of one with itself, its variance.
    Covariance(Vector, Vector),
    /// Amplitude of an input.
    Amplitude(usize),
    /// Deviation of the initial state.
    Deviation,
    /// Time constant of x in the two-timescale variant.
    TauS,
    /// Time constant of r in the two-timescale variant.
    TauR,
}

const KNOWN: [&str; 9] = [
    "g",
    "strength",
    "mean m[0]",
    "covariance m[0]",
    "covariance m[0] n[0]",
    "amplitude 0",
    "deviation",
    "tau-s",
    "tau-r",
];

impl Parameter {
    /// The covariance of two vectors, whichever is named first.
    fn covariance(a: Vector, b: Vector) -> Self {
        let order = |vector| match vector {
            Vector::M(k) => (0, k),
            Vector::N(k) => (1, k),
            Vector::I(q) => (2, q),
            Vector::W(p) => (3, p),
        };
        if order(a) <= order(b) { Self::Covariance(a, b) } else { Self::Covariance(b, a) }
    }

    /// The single parameters that this one sets.
    pub fn sets(self) -> Vec<Self> {
        match self {
            Self::Strength => vec![Self::Mean(Vector::M(0)), Self::Mean(Vector::N(0))],
            single => vec![single],
        }
    }
}

impl FromStr for Parameter {
    type Err = SpecError;

    fn from_str(name: &str) -> Result<Self, SpecError> {
        let unknown = || unknown("axis.parameter", name, &KNOWN);
        let words: Vec<&str> = name.split_whitespace().collect();
        let vector = |word: &str| word.parse::<Vector>().map_err(|_| unknown());
        match words[..] {
            ["g"] => Ok(Self::G),
            ["strength"] => Ok(Self::Strength),
            ["deviation"] => Ok(Self::Deviation),
            ["tau-s"] => Ok(Self::TauS),
            ["tau-r"] => Ok(Self::TauR),
            ["mean", a] => Ok(Self::Mean(vector(a)?)),
            ["covariance", a] => Ok(Self::Covariance(vector(a)?, vector(a)?)),
            ["covariance", a, b] => Ok(Self::covariance(vector(a)?, vector(b)?)),
            ["amplitude", q] => Ok(Self::Amplitude(q.parse().map_err(|_| unknown())?)),
            _ => Err(unknown()),
        }
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::G => f.write_str("g"),
            Self::Strength => f.write_str("strength"),
            Self::Mean(a) => write!(f, "mean {a}"),
            Self::Covariance(a, b) if a == b => write!(f, "covariance {a}"),
            Self::Covariance(a, b) => write!(f, "covariance {a} {b}"),
            Self::Amplitude(q) => write!(f, "amplitude {q}"),
            Self::Deviation => f.write_str("deviation"),
            Self::TauS => f.write_str("tau-s"),
            Self::TauR => f.write_str("tau-r"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_and_others_are_refused_with_the_known_ones() {
        let names = [
            "g",
            "strength",
            "mean n[1]",
            "covariance m[0] n[0]",
            "covariance I[0]",
            "amplitude 2",
            "deviation",
            "tau-s",
            "tau-r",
        ];
        for name in names {
            assert_eq!(name.parse::<Parameter>().unwrap().to_string(), name);
        }
        let turned: Parameter = "covariance I[0] n[1]".parse().unwrap();
        assert_eq!(turned.to_string(), "covariance n[1] I[0]");
        for name in ["", "G", "mean", "mean m", "covariance", "amplitude x", "g g", "covariance m[0] n[0] n[1]"] {
            let told = name.parse::<Parameter>().unwrap_err().to_string();
            assert!(told.contains("strength") && !told.contains('\n'), "{told}");
        }
    }
}
