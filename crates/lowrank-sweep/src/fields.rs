//! The fields of one cell, from one start, as the networks of one realisation show them; and their bytes.

use std::fmt;

use lowrank_simulate::{CellEnd, Replica, Seen, delta_inf};
use lowrank_spec::Thresholds;

/// The four phases (docs/theory.md section 7), told by thresholds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Neither structured nor chaotic.
    Quiescent,
    /// Structured, at rest.
    StructuredStationary,
    /// Structured and chaotic.
    StructuredChaos,
    /// Chaotic without structure.
    UnstructuredChaos,
}

impl Phase {
    /// The phase of a cell of this structure and chaoticity; none where one of them was not measured (NaN).
    pub fn of(structure: f64, chaoticity: f64, thresholds: &Thresholds) -> Option<Self> {
        if structure.is_nan() || chaoticity.is_nan() {
            return None;
        }
        Some(match (structure >= thresholds.structure, chaoticity >= thresholds.chaoticity) {
            (false, false) => Self::Quiescent,
            (true, false) => Self::StructuredStationary,
            (true, true) => Self::StructuredChaos,
            (false, true) => Self::UnstructuredChaos,
        })
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Quiescent => "quiescent",
            Self::StructuredStationary => "structured-stationary",
            Self::StructuredChaos => "structured-chaos",
            Self::UnstructuredChaos => "unstructured-chaos",
        })
    }
}

/// Names of the fields in the order of a row, for this rank: first the numbers that are averaged over realisations.
pub(crate) fn names(rank: usize) -> Vec<String> {
    let mut names = vec!["structure".to_owned(), "chaoticity".to_owned()];
    names.extend((1..=rank).map(|k| format!("kappa_{k}")));
    let rest = ["mu", "delta_0", "delta_inf", "delta_t", "mean_rate", "rate_second_moment", "lambda_max"];
    names.extend(rest.map(str::to_owned));
    names
}

/// One row: the fields, NaN where nothing was measured, and the time at which the cell (its last copy) came to rest or, negative,
/// its first copy diverged; NaN if it ran to the end.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    pub(crate) values: Vec<f64>,
    pub(crate) rest_time: f64,
}

impl Row {
    /// Averages the copies of one cell; `odd` if its network is odd under x -> -x. From a |kappa| of `structured` on a copy
    /// is on a branch of its own sign.
    pub(crate) fn of(copies: &[Seen], odd: bool, structured: f64) -> Self {
        let rank = copies.first().map_or(0, |seen| seen.kappa.len());
        let diverged = copies.iter().find_map(|seen| match seen.end {
            CellEnd::Diverged(time) => Some(time),
            _ => None,
        });
        if let Some(time) = diverged {
            return Self { values: vec![f64::NAN; names(rank).len()], rest_time: -time };
        }
        let mean = |of: &dyn Fn(&Seen) -> f64| copies.iter().map(of).sum::<f64>() / copies.len() as f64;
        let measured = |of: &dyn Fn(&Seen) -> Option<f64>| mean(&|seen| of(seen).unwrap_or(f64::NAN));
        let replicas: Vec<Replica<'_>> =
            copies.iter().map(|seen| Replica { kappa: &seen.kappa, x_mean: &seen.x_mean }).collect();
        let mut values = vec![mean(&size), measured(&|seen| seen.chaoticity)];
        values.extend((0..rank).map(|k| mean(&|seen| seen.kappa[k])));
        values.extend([
            mean(&|seen| seen.mu),
            mean(&|seen| seen.delta_0),
            delta_inf(&replicas, odd, structured).unwrap_or(f64::NAN),
            measured(&|seen| seen.delta_t),
            mean(&|seen| seen.r_mean),
            mean(&|seen| seen.r_second_moment),
            measured(&|seen| seen.lyapunov),
        ]);
        let rest = |seen: &Seen| match seen.end {
            CellEnd::AtRest(time) => time,
            _ => f64::NAN,
        };
        let rest_time =
            copies.iter().map(rest).fold(0.0, |last: f64, time| if time > last || time.is_nan() { time } else { last });
        Self { values, rest_time }
    }

    /// Bytes of a row of this rank.
    pub(crate) fn bytes(rank: usize) -> usize {
        (names(rank).len() + 1) * size_of::<f64>()
    }

    pub(crate) fn write(&self, bytes: &mut Vec<u8>) {
        for value in self.values.iter().chain([&self.rest_time]) {
            // One NaN for all, whatever made it.
            let value = if value.is_nan() { f64::NAN } else { *value };
            bytes.extend_from_slice(&value.to_le_bytes());
        }
    }

    pub(crate) fn read(bytes: &[u8]) -> Self {
        let (numbers, _) = bytes.as_chunks::<8>();
        let mut values: Vec<f64> = numbers.iter().map(|number| f64::from_le_bytes(*number)).collect();
        let rest_time = values.pop().unwrap_or(f64::NAN);
        Self { values, rest_time }
    }
}

/// |kappa|.
fn size(seen: &Seen) -> f64 {
    seen.kappa.iter().map(|kappa| kappa * kappa).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(kappa: f64, x_mean: Vec<f64>) -> Seen {
        Seen {
            end: CellEnd::Ran,
            kappa: vec![kappa, 0.0],
            mu: 1.0,
            delta_0: 2.0,
            delta_t: Some(3.0),
            chaoticity: Some(4.0),
            r_mean: 5.0,
            r_second_moment: 6.0,
            lyapunov: None,
            x_mean,
        }
    }

    #[test]
    fn copies_are_averaged_and_rows_come_back_from_their_bytes() {
        let copies = [seen(3.0, vec![1.0, 2.0, 3.0]), seen(-1.0, vec![2.0, 2.0, 4.0])];
        let row = Row::of(&copies, false, 5.0);
        // |kappa| 3 and 1; covariance of (-1, 0, 1) and (-2/3, -2/3, 4/3), over 3.
        let expected = [2.0, 4.0, 1.0, 0.0, 1.0, 2.0, 2.0 / 3.0, 3.0, 5.0, 6.0];
        expected.iter().zip(&row.values).for_each(|(a, b)| assert!((a - b).abs() < 1e-14, "{a} {b}"));
        assert!(row.values[10].is_nan() && row.rest_time.is_nan() && names(2).len() == 11);
        let mut bytes = Vec::new();
        row.write(&mut bytes);
        assert_eq!(bytes.len(), Row::bytes(2));
        assert_eq!(format!("{:?}", Row::read(&bytes)), format!("{row:?}"));
        // Structured copies of opposite sign: mirrored where that is a symmetry, else of no use together.
        assert!((Row::of(&copies, true, 0.5).values[6] + 2.0 / 3.0).abs() < 1e-14);
        assert!(Row::of(&copies, false, 0.5).values[6].is_nan());
    }

    #[test]
    fn one_copy_has_no_delta_inf_and_a_diverged_one_leaves_nothing() {
        let mut one = seen(1.0, vec![1.0, 2.0, 3.0]);
        one.end = CellEnd::AtRest(7.0);
        let row = Row::of(&[one.clone()], true, 0.1);
        assert!(row.values[6].is_nan() && row.rest_time == 7.0);
        let other = seen(1.0, vec![0.0; 3]);
        assert!(
            Row::of(&[one.clone(), other.clone()], true, 0.1).rest_time.is_nan()
                && Row::of(&[other, one.clone()], true, 0.1).rest_time.is_nan()
        );
        one.end = CellEnd::Diverged(2.5);
        let row = Row::of(&[one], true, 0.1);
        assert!(row.values.iter().all(|value| value.is_nan()) && row.rest_time == -2.5);
    }

    #[test]
    fn phases_are_told_by_thresholds() {
        let thresholds = Thresholds { structure: 0.2, chaoticity: 0.1 };
        let names = [(0.0, 0.0), (0.2, 0.0), (1.0, 0.1), (0.1, 3.0)]
            .map(|(s, c)| Phase::of(s, c, &thresholds).unwrap().to_string());
        assert_eq!(names, ["quiescent", "structured-stationary", "structured-chaos", "unstructured-chaos"]);
        assert_eq!(Phase::of(0.5, f64::NAN, &thresholds), None);
    }
}
