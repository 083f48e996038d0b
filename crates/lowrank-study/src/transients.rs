//! Transients of both variants from the same connectivity and initial state under a step input: the operating point
//! "step-input" of the harness, with the two-time theory (T19) as lines, and the exact equivalence (T3).
//!
//! Single units x_i(t) of one network in grey; theory's mean mu(t) with the band mu +- sqrt(Delta_0), in which two thirds of
//! the units lie. kappa(t): theory, and the mean of 50 networks (`quick`: 10) of 1000 neurons (500) as dots.

use lowrank_integrate::{Method, Stepper, integrate};
use lowrank_meanfield::{Transient, transient};
use lowrank_model::{Initial, Model, Variant, Vector};
use lowrank_report::{Band, Colour, Figure, Legend, Line, Mark, Panel, TWO_COLUMNS};
use lowrank_simulate::{Field, Observed, Protocol, Timing};
use lowrank_validate::{OperatingPoint, all_points};
use serde::Serialize;

use crate::filtered::Filtered;
use crate::networks::{Ensemble, Estimate, bulk, every, run};
use crate::style::{axis, colour, dots, theory};
use crate::{Drawing, Options, Progress, StudyError};

/// End of the runs; the input comes on at 6.
const END: f64 = 16.0;
/// Time between samples.
const INTERVAL: f64 = 0.4;
/// Times at which theory is drawn.
const TIMES: usize = 400;
/// Units drawn.
const UNITS: usize = 12;
/// Length of the runs of (T3), whose step comes at time 0.
const EQUIVALENCE: f64 = 8.0;
const VARIANTS: [Variant; 2] = [Variant::Current, Variant::Rate];

/// One variant: theory over time, and what networks showed.
#[derive(Debug, Clone, Serialize)]
struct Course {
    theory_time: Vec<f64>,
    theory_kappa: Vec<f64>,
    theory_mu: Vec<f64>,
    theory_delta_0: Vec<f64>,
    time: Vec<f64>,
    kappa: Vec<Estimate>,
    mu: Vec<Estimate>,
    delta_0: Vec<Estimate>,
    /// x of some units of the first network, `[unit][time]`.
    units: Vec<Vec<f64>>,
}

/// x of the current variant and J r + v of the rate variant under the filtered input, `[unit][time]`.
#[derive(Debug, Clone, Serialize)]
struct Equivalence {
    time: Vec<f64>,
    current: Vec<Vec<f64>>,
    rate: Vec<Vec<f64>>,
    largest_difference: f64,
}

#[derive(Serialize)]
struct Data<'a> {
    model: &'a Model,
    initial: &'a Initial,
    ensemble: Ensemble,
    current: &'a Course,
    rate: &'a Course,
    equivalence: &'a Equivalence,
}

fn ensemble(options: Options) -> Ensemble {
    let (neurons, networks) = if options.quick { (500, 10) } else { (1000, 50) };
    Ensemble { neurons, networks, seed: options.seed }
}

pub(crate) fn parts(options: Options) -> usize {
    VARIANTS.len() * ensemble(options).networks
}

pub(crate) fn draw(options: Options, progress: Progress<'_>) -> Result<Vec<Drawing>, StudyError> {
    let point = point()?;
    let ensemble = ensemble(options);
    let [current, rate] = VARIANTS.map(|variant| course(&point, variant, ensemble, progress));
    let (current, rate) = (current?, rate?);
    let equivalence = equivalence(&point, ensemble)?;
    let top = VARIANTS.into_iter().zip([&current, &rate]).map(|(variant, course)| units(variant, course));
    let panels = top.chain([equal(&equivalence)]).chain([
        kappa("both variants: *κ*(*t*)", &current, &rate, |course| (&course.theory_kappa, &course.kappa), "*κ*(*t*)"),
        kappa("mean of *x*", &current, &rate, |course| (&course.theory_mu, &course.mu), "*μ*(*t*)"),
        kappa("variance of *x*", &current, &rate, |course| (&course.theory_delta_0, &course.delta_0), "Δ₀(*t*)"),
    ]);
    let title = "Step input at *t* = 6 to networks of both variants".to_owned();
    let figure = Figure { title, panels: panels.collect(), columns: 3, width: TWO_COLUMNS, panel_height: 38.0 };
    let data = Data {
        model: &point.model,
        initial: &point.initial,
        ensemble,
        current: &current,
        rate: &rate,
        equivalence: &equivalence,
    };
    Ok(vec![Drawing::new("transients", figure, &data)?])
}

fn point() -> Result<OperatingPoint, StudyError> {
    let missing = || StudyError::Missing { what: "operating point", at: "step-input".to_owned() };
    all_points()?.into_iter().find(|point| point.name == "step-input").ok_or_else(missing)
}

fn course(
    point: &OperatingPoint,
    variant: Variant,
    ensemble: Ensemble,
    progress: Progress<'_>,
) -> Result<Course, StudyError> {
    let model = point.model.with_variant(variant)?;
    let solution: Transient = transient(&model, &point.initial, END)?;
    let theory_time: Vec<f64> = (0..=TIMES).map(|i| END * i as f64 / TIMES as f64).collect();
    let snapshots = theory_time.iter().map(|t| solution.at(*t)).collect::<Result<Vec<_>, _>>()?;
    let timing = Timing { transient: 0.0, window: END, interval: INTERVAL, step: 0.16 };
    let protocol = Protocol::new(timing, Method::Rk4)?.with_trajectory();
    let runs: Vec<Observed> = every(ensemble, |realisation| {
        let bulk = bulk(ensemble.neurons, ensemble.seed, realisation)?;
        let mut observed = run(&bulk, &model, &point.initial, &protocol, (ensemble.seed, realisation))?.1;
        if realisation > 0 {
            observed.trajectory = Vec::new();
        }
        progress(1);
        Ok(observed)
    })?;
    let times = &runs[0].times;
    let over = |of: fn(&Observed, usize) -> f64| {
        (0..times.len()).map(|sample| Estimate::of(runs.iter().map(move |run| of(run, sample)))).collect()
    };
    let x = &runs[0].trajectory;
    Ok(Course {
        theory_kappa: snapshots.iter().map(|s| s.kappa[0]).collect(),
        theory_mu: snapshots.iter().map(|s| s.mu).collect(),
        theory_delta_0: snapshots.iter().map(|s| s.delta_0).collect(),
        theory_time,
        kappa: over(|run, sample| run.kappa[sample][0][0]),
        mu: over(|run, sample| run.mu_of_time[sample]),
        delta_0: over(|run, sample| run.delta_0_of_time[sample]),
        units: (0..UNITS).map(|i| x.iter().map(|x| x[(i, 0)]).collect()).collect(),
        time: times.clone(),
    })
}

/// Both variants of the first network: x(0) = J r(0), the step at time 0, and the filtered step.
fn equivalence(point: &OperatingPoint, ensemble: Ensemble) -> Result<Equivalence, StudyError> {
    let input = lowrank_model::Input::constant(&[1.0])?;
    let model = point.model.with_input(input)?;
    let protocol = Protocol::new(Timing { transient: 0.0, window: 0.0, interval: 1.0, step: 1.0 }, Method::Rk4)?;
    let bulk = bulk(ensemble.neurons, ensemble.seed, 0)?;
    let (network, _) = run(&bulk, &model, &point.initial, &protocol, (ensemble.seed, 0))?;
    let n = network.neurons();
    let direction = network.vector(Vector::I(0))?.to_vec();
    let mut filtered = Filtered { network: &network, transfer: model.transfer(), direction: &direction };
    let mut r: Vec<f64> = network.vector(Vector::M(0))?.iter().map(|m| m.tanh()).collect();
    let mut x = vec![0.0; n];
    filtered.currents(0.0, &r, &mut x);
    let mut field = Field::new(&network, &model, 1)?;
    let (mut of_current, mut of_rate) = (Stepper::new(Method::Rk4, &field), Stepper::new(Method::Rk4, &filtered));
    let samples = (EQUIVALENCE / INTERVAL).round() as usize;
    let time: Vec<f64> = (0..=samples).map(|sample| INTERVAL * sample as f64).collect();
    let (mut current, mut rate) = (vec![Vec::new(); UNITS], vec![Vec::new(); UNITS]);
    let (mut other, mut largest) = (vec![0.0; n], 0.0_f64);
    for (sample, &t) in time.iter().enumerate() {
        filtered.currents(t, &r, &mut other);
        largest = x.iter().zip(&other).map(|(a, b)| (a - b).abs()).fold(largest, f64::max);
        for unit in 0..UNITS {
            current[unit].push(x[unit]);
            rate[unit].push(other[unit]);
        }
        if let Some(&next) = time.get(sample + 1) {
            integrate(&mut of_current, &mut field, &mut x, (t, next), 20)?;
            integrate(&mut of_rate, &mut filtered, &mut r, (t, next), 20)?;
        }
    }
    Ok(Equivalence { time, current, rate, largest_difference: largest })
}

/// Units of one network, and theory's mean and band.
fn units(variant: Variant, course: &Course) -> Panel {
    let pairs = |values: &[f64]| course.time.iter().copied().zip(values.iter().copied()).collect();
    let mut marks: Vec<Mark> = Vec::new();
    let edge = |sign: f64| {
        let edges = course.theory_mu.iter().zip(&course.theory_delta_0);
        edges.map(|(mu, delta)| mu + sign * delta.sqrt()).collect::<Vec<f64>>()
    };
    marks.push(Mark::Band(Band {
        x: course.theory_time.clone(),
        lower: edge(-1.0),
        upper: edge(1.0),
        colour: colour(variant),
        label: "theory *μ* ± √Δ₀".to_owned(),
    }));
    for unit in &course.units {
        marks.push(Mark::Line(Line { points: pairs(unit), colour: Colour::Grey, width: 0.5, ..Line::default() }));
    }
    let mean = course.theory_time.iter().copied().zip(course.theory_mu.iter().copied()).collect();
    marks.push(Mark::Line(theory(mean, "theory *μ* ± √Δ₀", colour(variant))));
    Panel {
        title: format!("{variant}: single units"),
        x: axis("time *t*"),
        y: axis("*x_i*(*t*)"),
        marks,
        legend: Legend::Inside,
        ..Panel::default()
    }
}

/// One order parameter of both variants.
fn kappa<'a>(
    title: &str,
    current: &'a Course,
    rate: &'a Course,
    of: fn(&'a Course) -> (&'a Vec<f64>, &'a Vec<Estimate>),
    label: &str,
) -> Panel {
    let mut marks = vec![Mark::VerticalLine(6.0)];
    for (variant, course) in VARIANTS.into_iter().zip([current, rate]) {
        let (line, networks) = of(course);
        let points = course.theory_time.iter().copied().zip(line.iter().copied()).collect();
        marks.push(Mark::Line(theory(points, &format!("{variant}, theory"), colour(variant))));
        let every: Vec<(f64, Estimate)> =
            course.time.iter().copied().zip(networks.iter().copied()).step_by(2).collect();
        marks.push(dots(&every, &format!("{variant}, networks"), variant));
    }
    Panel {
        title: title.to_owned(),
        x: axis("time *t*"),
        y: axis(label),
        marks,
        legend: Legend::Below,
        ..Panel::default()
    }
}

/// Units of both variants, the one over the other.
fn equal(equivalence: &Equivalence) -> Panel {
    let mut marks = Vec::new();
    let label = |first: bool, text: &str| if first { text.to_owned() } else { String::new() };
    for (unit, (current, rate)) in equivalence.current.iter().zip(&equivalence.rate).take(6).enumerate() {
        let line = equivalence.time.iter().copied().zip(current.iter().copied()).collect();
        marks.push(Mark::Line(theory(line, &label(unit == 0, "current: *x_i*"), colour(Variant::Current))));
        let points: Vec<(f64, f64)> = equivalence.time.iter().copied().zip(rate.iter().copied()).step_by(2).collect();
        marks.push(Mark::Points(lowrank_report::Points {
            points,
            label: label(unit == 0, "rate: (*Jr* + *v*)_{*i*}"),
            colour: colour(Variant::Rate),
            shape: crate::style::shape(Variant::Rate),
            ..lowrank_report::Points::default()
        }));
    }
    Panel {
        title: "exact equivalence, filtered input".to_owned(),
        x: axis("time *t*"),
        y: axis("*x_i*(*t*)"),
        marks,
        legend: Legend::Inside,
        ..Panel::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_variants_are_one_trajectory_under_the_filtered_input() {
        let ensemble = Ensemble { neurons: 60, networks: 1, seed: 1 };
        let found = equivalence(&point().unwrap(), ensemble).unwrap();
        assert!(found.largest_difference < 1e-6, "{}", found.largest_difference);
        // They move.
        assert!((found.current[0][0] - found.current[0][10]).abs() > 0.05);
    }
}
