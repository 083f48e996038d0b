//! Delta(tau), C_r(tau) and the spectrum of chaotic and fluctuating solutions, as a table and as arrays.

use lowrank_meanfield::{Chaotic, MeanFieldError};
use lowrank_report::{Array, array};
use schemars::JsonSchema;
use serde::Serialize;

use super::Solved;
use crate::table::{Table, Value};

/// Lags of a curve, evenly spaced from zero on.
const LAGS: usize = 61;
/// Delta - Delta_inf falls at least to e^-8 of its tail within the curve.
const DECAYS: f64 = 8.0;
/// Frequencies reach this many times the inverse of the correlation time.
const WIDTHS: f64 = 6.0;

/// The autocovariance of one solution.
#[derive(Serialize, JsonSchema)]
pub(super) struct Curve {
    /// Lags tau, in unit time constants.
    lags: Vec<f64>,
    /// Population autocovariance Delta(tau) of x (T12).
    delta: Vec<f64>,
    /// Second moment C_r(tau) of r at two times (T15).
    c_r: Vec<f64>,
    /// The rate at which Delta(tau) - Delta_inf falls at large lags, in inverse unit time constants.
    tail_rate: f64,
    /// Angular frequencies, in inverse unit time constants.
    frequencies: Vec<f64>,
    /// int cos(w tau) (Delta(tau) - Delta_inf) dtau over the line.
    spectrum: Vec<f64>,
}

impl Curve {
    pub(super) fn of(chaos: &Chaotic) -> Result<Self, MeanFieldError> {
        let solved = chaos.autocovariance()?;
        let end = DECAYS / solved.decay_rate();
        let part = |i: usize| i as f64 / (LAGS - 1) as f64;
        let lags: Vec<f64> = (0..LAGS).map(|i| end * part(i)).collect();
        let frequencies: Vec<f64> = (0..LAGS).map(|i| WIDTHS / solved.correlation_time() * part(i)).collect();
        Ok(Self {
            delta: lags.iter().map(|lag| solved.at(*lag)).collect::<Result<_, _>>()?,
            c_r: lags.iter().map(|lag| solved.rate_second_moment(*lag)).collect::<Result<_, _>>()?,
            tail_rate: solved.decay_rate(),
            spectrum: frequencies.iter().map(|w| solved.spectrum(*w)).collect::<Result<_, _>>()?,
            lags,
            frequencies,
        })
    }
}

/// The curves with the solution that each belongs to, counted from one within its variant and point.
fn curves(solutions: &[Solved]) -> impl Iterator<Item = (&Solved, usize, &Curve)> {
    solutions.iter().flat_map(|solved| {
        let curves = solved.chaotic.iter().enumerate();
        curves.filter_map(move |(index, chaos)| Some((solved, index + 1, chaos.autocovariance.as_ref()?)))
    })
}

/// One row a lag, with the spectrum at one frequency each beside it; one row with the reason where there is no solution.
pub(super) fn table(solutions: &[Solved], axes: Vec<String>) -> Table {
    let names = ["variant", "number", "regime", "lag", "delta", "c_r", "tail_rate", "frequency", "spectrum", "reason"];
    let mut table = Table::new(axes.into_iter().chain(names.map(str::to_owned)).collect());
    for solved in solutions.iter().filter(|solved| solved.chaotic.is_empty()) {
        let mut row: Vec<Value> = solved.at.iter().map(|(_, value)| Value::from(*value)).collect();
        row.extend([solved.variant.name(), "", ""].map(Value::from));
        row.extend(vec![Value::from(f64::NAN); 6]);
        row.push(solved.why_none("chaotic", "no chaotic or fluctuating solution").into());
        table.push(row);
    }
    for (solved, number, curve) in curves(solutions) {
        for i in 0..curve.lags.len() {
            let mut row: Vec<Value> = solved.at.iter().map(|(_, value)| Value::from(*value)).collect();
            let regime = solved.chaotic[number - 1].regime.name();
            row.extend([solved.variant.name().into(), number.to_string().into(), regime.into()]);
            let numbers =
                [curve.lags[i], curve.delta[i], curve.c_r[i], curve.tail_rate, curve.frequencies[i], curve.spectrum[i]];
            row.extend(numbers.map(Value::from));
            row.push("".into());
            table.push(row);
        }
    }
    table
}

/// The arrays of all solutions that have a curve, in the order of the table; none without one.
pub(super) fn arrays(solutions: &[Solved]) -> Vec<Array> {
    let all: Vec<&Curve> = curves(solutions).map(|(_, _, curve)| curve).collect();
    if all.is_empty() {
        return Vec::new();
    }
    let one = [("solution", all.len())];
    let (by_lag, by_frequency) = ([one[0], ("lag_index", LAGS)], [one[0], ("frequency_index", LAGS)]);
    let concat = |of: fn(&Curve) -> &Vec<f64>| all.iter().flat_map(|curve| of(curve).iter().copied()).collect();
    vec![
        array("lag", &by_lag, concat(|c| &c.lags), "time constant", "lags of each solution"),
        array("delta", &by_lag, concat(|c| &c.delta), "1", "population autocovariance of x"),
        array("c_r", &by_lag, concat(|c| &c.c_r), "1", "second moment of r at two times"),
        array(
            "tail_rate",
            &one,
            all.iter().map(|c| c.tail_rate).collect(),
            "1 / time constant",
            "decay rate at large lags",
        ),
        array("frequency", &by_frequency, concat(|c| &c.frequencies), "1 / time constant", "angular frequencies"),
        array("spectrum", &by_frequency, concat(|c| &c.spectrum), "time constant", "spectrum of x, without its mean"),
    ]
}
