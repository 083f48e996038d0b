//! The fields of one cell, from one start, as the networks of one realisation show them; and their bytes.

use lowrank_simulate::{CellEnd, Replica, Seen, delta_inf};

/// Names of the fields in the order of a row, for this rank: first the numbers that are averaged over realisations.
pub(crate) fn names(rank: usize) -> Vec<String> {
    let mut names = vec!["structure".to_owned(), "chaoticity".to_owned()];
    names.extend((1..=rank).map(|k| format!("kappa_{k}")));
    let rest = ["mu", "delta_0", "delta_inf", "delta_t", "mean_rate", "rate_second_moment", "lambda_max"];
    names.extend(rest.map(str::to_owned));
    names
}

/// One row: the fields, NaN where nothing was measured, how the run ended and when, and with which step and error.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    pub(crate) values: Vec<f64>,
    pub(crate) end: End,
    /// When it came to rest (its last replica), was found to be unbounded, or was given up (its first), or ended undecided; NaN if it ran to the end.
    pub(crate) end_time: f64,
    /// The smallest step of the replicas.
    pub(crate) step: f64,
    /// The largest error estimate of the replicas (T37).
    pub(crate) error_estimate: f64,
}

/// How the runs of a row ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// To the last sample.
    Ran,
    /// All replicas at rest.
    AtRest,
    /// Some replica grew without bound.
    Unbounded,
    /// For some replica no step was accurate.
    Inaccurate,
    /// There is no network of these values, and nothing was run.
    NoModel,
    /// Some replica still grew at the end.
    Undecided,
}

impl End {
    const ALL: [Self; 6] = [Self::Ran, Self::AtRest, Self::Unbounded, Self::Inaccurate, Self::NoModel, Self::Undecided];

    /// The word in tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ran => "ran",
            Self::AtRest => "at-rest",
            Self::Unbounded => "unbounded",
            Self::Inaccurate => "inaccurate",
            Self::NoModel => "no-model",
            Self::Undecided => "undecided",
        }
    }

    /// Whether the row has numbers.
    pub(crate) fn is_measured(self) -> bool {
        matches!(self, Self::Ran | Self::AtRest)
    }
}

impl Row {
    /// Averages the copies of one cell with vectors m of these root mean squares; `odd` if its network is odd under x -> -x. From
    /// `structured` on, in units of x, a copy is on a branch of its own sign ([`delta_inf`]).
    pub(crate) fn of(copies: &[Seen], sizes: &[f64], odd: bool, structured: f64) -> Self {
        let rank = copies.first().map_or(0, |seen| seen.kappa.len());
        let step = copies.iter().map(|seen| seen.step).fold(f64::INFINITY, f64::min);
        let error_estimate = copies.iter().map(|seen| seen.error_estimate).fold(0.0, f64::max);
        let without = copies.iter().find_map(|seen| match seen.end {
            CellEnd::Unbounded(time) => Some((End::Unbounded, time)),
            CellEnd::Inaccurate(time) => Some((End::Inaccurate, time)),
            CellEnd::Undecided(time) => Some((End::Undecided, time)),
            _ => None,
        });
        if let Some((end, end_time)) = without {
            return Self { values: vec![f64::NAN; names(rank).len()], end, end_time, step, error_estimate };
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
            delta_inf(&replicas, sizes, odd, structured).unwrap_or(f64::NAN),
            measured(&|seen| seen.delta_t),
            mean(&|seen| seen.r_mean),
            mean(&|seen| seen.r_second_moment),
            measured(&|seen| seen.lyapunov),
        ]);
        let rest = |seen: &Seen| match seen.end {
            CellEnd::AtRest(time) => time,
            _ => f64::NAN,
        };
        let end_time =
            copies.iter().map(rest).fold(0.0, |last: f64, time| if time > last || time.is_nan() { time } else { last });
        let end = if end_time.is_nan() { End::Ran } else { End::AtRest };
        Self { values, end, end_time, step, error_estimate }
    }

    /// The row of a cell without a network.
    pub(crate) fn without_model(rank: usize) -> Self {
        let values = vec![f64::NAN; names(rank).len()];
        Self { values, end: End::NoModel, end_time: f64::NAN, step: f64::NAN, error_estimate: f64::NAN }
    }

    /// Bytes of a row of this rank.
    pub(crate) fn bytes(rank: usize) -> usize {
        (names(rank).len() + 4) * size_of::<f64>()
    }

    pub(crate) fn write(&self, bytes: &mut Vec<u8>) {
        let kind = End::ALL.iter().position(|end| *end == self.end).unwrap_or(0) as f64;
        for value in self.values.iter().chain([&kind, &self.end_time, &self.step, &self.error_estimate]) {
            // One NaN for all, whatever made it.
            let value = if value.is_nan() { f64::NAN } else { *value };
            bytes.extend_from_slice(&value.to_le_bytes());
        }
    }

    pub(crate) fn read(bytes: &[u8]) -> Self {
        let (numbers, _) = bytes.as_chunks::<8>();
        let mut values: Vec<f64> = numbers.iter().map(|number| f64::from_le_bytes(*number)).collect();
        let mut last = || values.pop().unwrap_or(f64::NAN);
        let (error_estimate, step, end_time, kind) = (last(), last(), last(), last());
        let end = End::ALL.get(kind as usize).copied().unwrap_or(End::Ran);
        Self { values, end, end_time, step, error_estimate }
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
            step: 0.2,
            error_estimate: 1e-3,
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
        let row = Row::of(&copies, &[1.0], false, 5.0);
        // |kappa| 3 and 1; covariance of (-1, 0, 1) and (-2/3, -2/3, 4/3), over 3.
        let expected = [2.0, 4.0, 1.0, 0.0, 1.0, 2.0, 2.0 / 3.0, 3.0, 5.0, 6.0];
        expected.iter().zip(&row.values).for_each(|(a, b)| assert!((a - b).abs() < 1e-14, "{a} {b}"));
        assert!(row.values[10].is_nan() && row.end == End::Ran && row.end_time.is_nan() && names(2).len() == 11);
        let mut bytes = Vec::new();
        row.write(&mut bytes);
        assert_eq!(bytes.len(), Row::bytes(2));
        assert_eq!(format!("{:?}", Row::read(&bytes)), format!("{row:?}"));
        // Structured copies of opposite sign: mirrored where that is a symmetry, else of no use together.
        assert!((Row::of(&copies, &[1.0], true, 0.5).values[6] + 2.0 / 3.0).abs() < 1e-14);
        assert!(Row::of(&copies, &[1.0], false, 0.5).values[6].is_nan());
    }

    #[test]
    fn one_copy_has_no_delta_inf_and_one_without_numbers_leaves_nothing() {
        let mut one = seen(1.0, vec![1.0, 2.0, 3.0]);
        one.end = CellEnd::AtRest(7.0);
        let row = Row::of(&[one.clone()], &[1.0], true, 0.1);
        assert!(row.values[6].is_nan() && (row.end, row.end_time) == (End::AtRest, 7.0));
        let other = seen(1.0, vec![0.0; 3]);
        assert!(
            Row::of(&[one.clone(), other.clone()], &[1.0], true, 0.1).end == End::Ran
                && Row::of(&[other, one.clone()], &[1.0], true, 0.1).end == End::Ran
        );
        let without = [(CellEnd::Unbounded(2.5), End::Unbounded), (CellEnd::Inaccurate(2.5), End::Inaccurate)];
        for (end, kind) in without.into_iter().chain([(CellEnd::Undecided(2.5), End::Undecided)]) {
            one.end = end;
            let row = Row::of(&[one.clone()], &[1.0], true, 0.1);
            assert!(row.values.iter().all(|value| value.is_nan()) && (row.end, row.end_time) == (kind, 2.5));
            let mut bytes = Vec::new();
            row.write(&mut bytes);
            assert_eq!(format!("{:?}", Row::read(&bytes)), format!("{row:?}"));
        }
    }
}
