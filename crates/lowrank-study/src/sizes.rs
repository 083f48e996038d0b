//! How fast single networks come to theory: the mean of |estimate - theory| over networks against N on logarithmic axes, for
//! statistics of the harness' structured stationary state and of its unstructured chaos, in both variants. Fluctuations
//! between networks fall like N^{-1/2}, biases like 1/N.

use lowrank_model::Variant;
use lowrank_report::{Axis, Colour, Figure, Legend, Line, Mark, Panel, Points, TWO_COLUMNS};
use lowrank_validate::{Findings, OperatingPoint, Statistic, all_points, predict};
use serde::Serialize;

use crate::networks::{Ensemble, Estimate, bulk, every, run};
use crate::style::{axis, shape};
use crate::{Drawing, Options, Progress, StudyError};

const VARIANTS: [Variant; 2] = [Variant::Current, Variant::Rate];
/// The operating points, and what is drawn of each.
const POINTS: [&str; 2] = ["structured-stationary", "unstructured-chaos"];

fn statistics(point: usize) -> [(Statistic, &'static str); 6] {
    match point {
        0 => [
            (Statistic::Kappa(0), "*κ*"),
            (Statistic::Mu, "*μ*"),
            (Statistic::Delta0, "Δ₀"),
            (Statistic::Delta0Individual, "Δ₀ of a neuron"),
            (Statistic::RMean, "⟨*r*⟩"),
            (Statistic::RSecondMoment, "⟨*r*²⟩"),
        ],
        _ => [
            (Statistic::Delta0, "Δ₀"),
            (Statistic::DeltaT, "Δ_{*T*}"),
            (Statistic::DeltaInf, "Δ_∞"),
            (Statistic::Autocovariance(1), "Δ(*τ*)"),
            (Statistic::RSecondMoment, "⟨*r*²⟩"),
            (Statistic::RAutocovariance(1), "*C_r*(*τ*)"),
        ],
    }
}

/// |error| at one N.
#[derive(Debug, Clone, Copy, Serialize)]
struct Error {
    neurons: usize,
    networks: usize,
    error: Estimate,
}

#[derive(Serialize)]
struct Series {
    point: &'static str,
    variant: Variant,
    statistic: String,
    theory: f64,
    errors: Vec<Error>,
}

/// (N, networks) of every size.
fn sizes(options: Options) -> Vec<Ensemble> {
    let sizes: &[(usize, usize)] = if options.quick {
        &[(100, 24), (200, 16), (400, 12), (800, 6)]
    } else {
        &[(125, 64), (250, 48), (500, 32), (1000, 24), (2000, 12)]
    };
    sizes.iter().map(|&(neurons, networks)| Ensemble { neurons, networks, seed: options.seed }).collect()
}

pub(crate) fn parts(options: Options) -> usize {
    POINTS.len() * VARIANTS.len() * sizes(options).iter().map(|size| size.networks).sum::<usize>()
}

pub(crate) fn draw(options: Options, progress: Progress<'_>) -> Result<Vec<Drawing>, StudyError> {
    let mut series = Vec::new();
    let mut panels = Vec::new();
    for (index, name) in POINTS.into_iter().enumerate() {
        let missing = || StudyError::Missing { what: "operating point", at: name.to_owned() };
        let mut point = all_points()?.into_iter().find(|point| point.name == name).ok_or_else(missing)?;
        // Delta_inf is the covariance of the time averages of two.
        point.copies = 2;
        for variant in VARIANTS {
            let first = series.len();
            series.extend(of_variant(&point, index, variant, &sizes(options), progress)?);
            panels.push(panel(index, variant, &series[first..]));
        }
    }
    let title = "|error| of single networks against theory".to_owned();
    let figure = Figure { title, panels, columns: 2, width: TWO_COLUMNS, panel_height: 50.0 };
    Ok(vec![Drawing::new("sizes", figure, &series)?])
}

fn of_variant(
    point: &OperatingPoint,
    index: usize,
    variant: Variant,
    sizes: &[Ensemble],
    progress: Progress<'_>,
) -> Result<Vec<Series>, StudyError> {
    let model = point.model.with_variant(variant)?;
    let predicted = predict(point, &model)?;
    let protocol = point.protocol(1.0)?;
    let value = |statistic: Statistic, findings: &Findings| {
        let missing = || StudyError::Missing { what: "statistic", at: format!("{}, {statistic}", point.name) };
        statistic.of(findings).ok_or_else(missing)
    };
    let mut errors = vec![Vec::new(); statistics(index).len()];
    for (size, ensemble) in sizes.iter().enumerate() {
        // Sizes share no random numbers.
        let first = 1_000_000 * size as u64;
        let off: Vec<Vec<f64>> = every(*ensemble, |network| {
            let realisation = first + network;
            let bulk = bulk(ensemble.neurons, ensemble.seed, realisation)?;
            let (_, observed) =
                run(&bulk, &model, &point.initial, &protocol, (ensemble.seed, realisation), point.copies)?;
            let found = Findings::from(observed);
            progress(1);
            let error = |(statistic, _)| Ok((value(statistic, &found)? - value(statistic, &predicted)?).abs());
            statistics(index).into_iter().map(error).collect()
        })?;
        for (k, errors) in errors.iter_mut().enumerate() {
            let error = Estimate::of(off.iter().map(|off| off[k]));
            errors.push(Error { neurons: ensemble.neurons, networks: ensemble.networks, error });
        }
    }
    let series = |((statistic, _), errors): ((Statistic, &str), Vec<Error>)| {
        Ok(Series {
            point: POINTS[index],
            variant,
            statistic: statistic.to_string(),
            theory: value(statistic, &predicted)?,
            errors,
        })
    };
    statistics(index).into_iter().zip(errors).map(series).collect()
}

fn panel(index: usize, variant: Variant, series: &[Series]) -> Panel {
    let mut marks = Vec::new();
    let ends = series.first().map(|s| (s.errors[0], s.errors[s.errors.len() - 1]));
    if let Some((first, last)) = ends {
        let (low, high) = (first.neurons as f64, last.neurons as f64);
        let top = series.iter().map(|s| s.errors[0].error.mean).fold(0.0, f64::max);
        let points = vec![(low, top), (high, top * (low / high).sqrt())];
        marks.push(Mark::Line(Line {
            points,
            label: "*N*^{−1/2}".to_owned(),
            colour: Colour::Grey,
            ..Line::default()
        }));
    }
    for (k, (series, (_, label))) in series.iter().zip(statistics(index)).enumerate() {
        marks.push(Mark::Points(Points {
            points: series.errors.iter().map(|e| (e.neurons as f64, e.error.mean)).collect(),
            errors: series.errors.iter().map(|e| e.error.standard_error).collect(),
            label: label.to_owned(),
            colour: Colour::nth(k),
            shape: shape(Variant::Current),
        }));
    }
    Panel {
        title: format!("{variant}: {}", POINTS[index].replace('-', " ")),
        x: Axis { log: true, ..axis("neurons *N*") },
        y: Axis { log: true, ..axis("mean |error|") },
        marks,
        legend: Legend::Inside,
        ..Panel::default()
    }
}
