//! The columns of a time course, as a table and as arrays: one list names both.

use lowrank_report::{Array, array};

use super::{Course, Estimate, Theory};
use crate::table::{Table, Value};

/// The numbers of theory at one time besides kappa and the readouts, by the name that they have in every file.
const NUMBERS: [(&str, &str); 5] = [
    ("mu", "population mean of x"),
    ("delta_0", "population variance of x"),
    ("delta_0_individual", "variance of x over draws of the random part"),
    ("r_mean", "population mean of r"),
    ("r_second_moment", "population second moment of r"),
];

/// The columns of theory.
#[derive(Clone, Copy)]
pub(super) struct Columns {
    rank: usize,
    readouts: usize,
    /// Of [`NUMBERS`] those that theory has.
    numbers: &'static [(&'static str, &'static str)],
}

impl Columns {
    /// Those of the two-time theory, or of the reduced dynamics.
    pub(super) fn new(rank: usize, readouts: usize, reduced: bool) -> Self {
        Self { rank, readouts, numbers: if reduced { &NUMBERS[2..3] } else { &NUMBERS } }
    }

    /// kappa, the readouts and the numbers at one time; none where theory has none.
    fn at(self, theory: &Theory, index: usize) -> [Vec<f64>; 3] {
        let found = match theory {
            Theory::TwoTime(snapshots) => snapshots.get(index).map(|s| {
                let numbers = vec![s.mu, s.delta_0, s.delta_0_individual, s.r_mean, s.r_second_moment];
                [s.kappa.clone(), s.readouts.clone(), numbers]
            }),
            Theory::Reduced(states) => {
                states.get(index).map(|s| [s.kappa.clone(), s.readouts.clone(), vec![s.delta_0_individual]])
            }
            Theory::Unsolved(_) => None,
        };
        found.unwrap_or_else(|| [self.rank, self.readouts, self.numbers.len()].map(|count| vec![f64::NAN; count]))
    }
}

/// One row a time and variant.
pub(super) fn table(courses: &[Course], columns: Columns) -> Table {
    let kappa = (1..=columns.rank).map(|k| format!("kappa_{k}"));
    let z = (1..=columns.readouts).map(|p| format!("z_{p}"));
    let numbers = columns.numbers.iter().map(|(name, _)| (*name).to_owned());
    let with_networks = courses.iter().any(|course| !course.networks.is_empty());
    let pair = |name: &str| [format!("{name}_networks"), format!("{name}_se")];
    let measured: Vec<String> = if with_networks {
        let names = kappa.clone().chain(z.clone()).chain(["mu", "delta_0"].map(str::to_owned));
        names.flat_map(|name| pair(&name)).collect()
    } else {
        Vec::new()
    };
    let head = ["variant", "time"].map(str::to_owned).into_iter().chain(kappa).chain(z).chain(numbers);
    let mut table = Table::new(head.chain(measured).chain(["reason".to_owned()]).collect());
    for course in courses {
        let theory = course.without_theory();
        let unbounded = (course.unbounded > 0).then(|| course.without_bound());
        let failed = if course.failures.is_empty() { Vec::new() } else { course.without_networks() };
        for (index, time) in course.times.iter().enumerate() {
            let mut row: Vec<Value> = vec![course.variant.name().into(), (*time).into()];
            let numbers = columns.at(&course.theory, index);
            let missing = course.stopped.as_ref().is_none_or(|stopped| *time > stopped.time);
            row.extend(numbers.concat().into_iter().map(Value::from));
            if with_networks {
                let m = course.networks.get(index);
                let estimates = m.map(|m| m.kappa.iter().chain(&m.readouts).chain([&m.mu, &m.delta_0]).collect());
                let pair = |e: &Estimate| [e.mean, e.standard_error].map(|value| value.unwrap_or(f64::NAN));
                let numbers: Option<Vec<f64>> = estimates.map(|all: Vec<_>| all.into_iter().flat_map(pair).collect());
                let none = vec![f64::NAN; 2 * (columns.rank + columns.readouts + 2)];
                row.extend(numbers.unwrap_or(none).into_iter().map(Value::from));
            }
            let reasons = theory.iter().filter(|_| missing).chain(&failed).chain(&unbounded);
            row.push(reasons.cloned().collect::<Vec<_>>().join("; ").into());
            table.push(row);
        }
    }
    table
}

/// The arrays of one variant's file: the table's columns, and every network.
pub(super) fn arrays(course: &Course, columns: Columns) -> Vec<Array> {
    let count = course.times.len();
    let time = ("time", count);
    let rows: Vec<[Vec<f64>; 3]> = (0..count).map(|index| columns.at(&course.theory, index)).collect();
    let list = |of: &dyn Fn(&[Vec<f64>; 3]) -> Vec<f64>| rows.iter().flat_map(of).collect::<Vec<f64>>();
    let mut all = vec![array("time", &[time], course.times.clone(), "time constant", "times")];
    all.push(array("kappa", &[time, ("k", columns.rank)], list(&|row| row[0].clone()), "1", "<n^(k) r>"));
    if columns.readouts > 0 {
        let axes = [time, ("readout", columns.readouts)];
        all.push(array("z", &axes, list(&|row| row[1].clone()), "1", "<w^(p) r>"));
    }
    for (place, (name, what)) in columns.numbers.iter().enumerate() {
        all.push(array(name, &[time], list(&|row| vec![row[2][place]]), "1", what));
    }
    if let Some(first) = course.networks.first() {
        let networks = first.mu.values.len();
        let realisation = ("realisation", networks);
        // Times that no network reaches have no numbers.
        let of = |width: usize, estimates: &dyn Fn(usize) -> Vec<Option<f64>>| -> Vec<f64> {
            let at = |t: usize| match course.networks.get(t) {
                Some(_) => estimates(t),
                None => vec![None; width * networks],
            };
            (0..count).flat_map(at).map(|value| value.unwrap_or(f64::NAN)).collect()
        };
        let list = |estimates: &[Estimate]| estimates.iter().flat_map(|e| e.values.clone()).collect::<Vec<_>>();
        let m = &course.networks;
        let k = [time, ("k", columns.rank), realisation];
        all.push(array("networks_kappa", &k, of(columns.rank, &|t| list(&m[t].kappa)), "1", "kappa of every network"));
        if columns.readouts > 0 {
            let p = [time, ("readout", columns.readouts), realisation];
            let z = of(columns.readouts, &|t| list(&m[t].readouts));
            all.push(array("networks_z", &p, z, "1", "readouts of every network"));
        }
        let axes = [time, realisation];
        let mu = of(1, &|t| m[t].mu.values.clone());
        all.push(array("networks_mu", &axes, mu, "1", "population mean of x of every network"));
        let delta_0 = of(1, &|t| m[t].delta_0.values.clone());
        all.push(array("networks_delta_0", &axes, delta_0, "1", "population variance of x of every network"));
    }
    all
}
