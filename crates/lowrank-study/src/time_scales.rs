//! From the current to the rate variant: kappa, sqrt(Delta_T) and lambda_max of two time constants tau_s = 1 - q,
//! tau_r = q, so that tau_r / tau_s goes from 0 (current) to infinity (rate), at the harness' structured and unstructured chaos. Theory
//! (T16, T18) as lines; networks as dots, their exponents by a tangent vector (Benettin);
//! exponents of N = 1000 lie below theory by 0.02 or so, which falls like 1/N.
//!
//! Both order parameters are the same at q and 1 - q, for (T16) is symmetric in the time constants.

use lowrank_meanfield::selection::{State, solutions};
use lowrank_model::{Initial, Model, ModelError, Variant};
use lowrank_report::{Axis, Colour, Figure, Legend, Mark, Panel, Points, Shape, TWO_COLUMNS};
use lowrank_simulate::{initial_currents, lyapunov};
use lowrank_validate::{OperatingPoint, all_points};
use rayon::prelude::*;
use serde::Serialize;

use crate::networks::{Ensemble, Estimate, bulk, every, protocol, run};
use crate::style::{axis, theory};
use crate::{Drawing, Options, Progress, StudyError};

/// Values of q for theory.
const VALUES: usize = 41;
/// Values of q for networks.
const DOTS: [f64; 7] = [0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0];
/// The harness' points: name of the point, name in the figure.
const POINTS: [(&str, &str); 2] =
    [("structured-chaos", "structured chaos"), ("unstructured-chaos", "unstructured chaos")];

/// kappa, sqrt(Delta_T) in an infinite window, lambda_max.
#[derive(Debug, Clone, Copy, Serialize)]
struct Predicted {
    q: f64,
    kappa: f64,
    chaoticity: f64,
    /// sqrt of the variance that a window of the simulations shows.
    in_window: f64,
    lambda_max: f64,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct Simulated {
    q: f64,
    kappa: Estimate,
    chaoticity: Estimate,
    lambda_max: Estimate,
}

#[derive(Serialize)]
struct Data {
    point: &'static str,
    model: Model,
    initial: Initial,
    ensemble: Ensemble,
    theory: Vec<Predicted>,
    networks: Vec<Simulated>,
}

fn variant(q: f64) -> Result<Variant, ModelError> {
    match q {
        0.0 => Ok(Variant::Current),
        1.0 => Ok(Variant::Rate),
        q => Variant::two_timescale(1.0 - q, q),
    }
}

fn point(name: &'static str) -> Result<OperatingPoint, StudyError> {
    let missing = || StudyError::Missing { what: "operating point", at: name.to_owned() };
    all_points()?.into_iter().find(|point| point.name == name).ok_or_else(missing)
}

fn ensemble(options: Options) -> Ensemble {
    let (neurons, networks) = if options.quick { (400, 4) } else { (1000, 10) };
    Ensemble { neurons, networks, seed: options.seed }
}

/// Transient, window and interval of the runs.
fn timing(options: Options) -> (f64, f64, f64) {
    if options.quick { (40.0, 60.0, 1.0) } else { (100.0, 150.0, 1.0) }
}

pub(crate) fn parts(options: Options) -> usize {
    POINTS.len() * ensemble(options).networks
}

pub(crate) fn draw(options: Options, progress: Progress<'_>) -> Result<Vec<Drawing>, StudyError> {
    let ensemble = ensemble(options);
    let mut panels = Vec::new();
    let mut data = Vec::new();
    for (name, title) in POINTS {
        let point = point(name)?;
        let theory = (0..VALUES)
            .into_par_iter()
            .map(|i| predict(&point, i as f64 / (VALUES - 1) as f64, options))
            .collect::<Result<Vec<_>, _>>()?;
        let networks = simulate(&point, ensemble, options, progress)?;
        let title = format!("{title}, *g* = {}", point.model.g());
        panels.extend(row(&title, &theory, &networks));
        data.push(Data { point: name, model: point.model, initial: point.initial, ensemble, theory, networks });
    }
    let title = "From the current (*τ_r* → 0) to the rate variant (*τ_s* → 0)".to_owned();
    let figure = Figure { title, panels, columns: 3, width: TWO_COLUMNS, panel_height: 38.0 };
    Ok(vec![Drawing::new("time_scales", figure, &data)?])
}

fn predict(point: &OperatingPoint, q: f64, options: Options) -> Result<Predicted, StudyError> {
    let missing = || StudyError::Missing { what: "chaotic solution", at: format!("tau_r = {q}") };
    let model = point.model.with_variant(variant(q)?)?;
    let all = solutions(&model)?;
    let State::Fluctuating(solution) = all.selected(&model, &point.initial)?.state else { return Err(missing()) };
    let (_, window, interval) = timing(options);
    let samples = (window / interval).round() as usize + 1;
    let loss = solution.autocovariance()?.window_loss(interval, samples)?;
    let delta_t = solution.order.delta_t;
    Ok(Predicted {
        q,
        kappa: solution.order.kappa[0],
        chaoticity: delta_t.sqrt(),
        in_window: (delta_t - loss).max(0.0).sqrt(),
        lambda_max: solution.lyapunov()?.exponent,
    })
}

fn simulate(
    point: &OperatingPoint,
    ensemble: Ensemble,
    options: Options,
    progress: Progress<'_>,
) -> Result<Vec<Simulated>, StudyError> {
    let (transient, window, interval) = timing(options);
    let start = &point.initial;
    let seen: Vec<Vec<[f64; 3]>> = every(ensemble, |realisation| {
        let key = (ensemble.seed, realisation);
        let bulk = bulk(ensemble.neurons, ensemble.seed, realisation)?;
        let of_q = |q: &f64| {
            let model = point.model.with_variant(variant(*q)?)?;
            let protocol = protocol(model.variant(), transient, window, interval)?;
            let (network, observed) = run(&bulk, &model, start, &protocol, key, 1)?;
            let x0 = initial_currents(&network, start, 1, key.0, key.1)?;
            let exponent = lyapunov(&network, &model, x0.as_ref(), &protocol, key)?.mean;
            Ok([observed.order.kappa[0], observed.order.delta_t.map_or(f64::NAN, f64::sqrt), exponent])
        };
        let row = DOTS.iter().map(of_q).collect::<Result<Vec<_>, StudyError>>();
        progress(1);
        row
    })?;
    let at = |i: usize, k: usize| Estimate::of(seen.iter().map(move |row| row[i][k]));
    let row = |(i, q)| Simulated { q, kappa: at(i, 0), chaoticity: at(i, 1), lambda_max: at(i, 2) };
    Ok(DOTS.into_iter().enumerate().map(row).collect())
}

/// The panels of one point.
fn row(name: &str, predicted: &[Predicted], networks: &[Simulated]) -> [Panel; 3] {
    let ticks = [(0.0, "0"), (0.1, ""), (0.25, "1/3"), (0.5, "1"), (0.75, "3"), (0.9, ""), (1.0, "∞")];
    let x = Axis {
        range: Some((0.0, 1.0)),
        ticks: ticks.into_iter().map(|(at, label)| (at, label.to_owned())).collect(),
        ..axis("*τ_r* / *τ_s*")
    };
    let panel = |label: &str, lines: Vec<Mark>, of: fn(&Simulated) -> Estimate| {
        let points = Points {
            points: networks.iter().map(|seen| (seen.q, of(seen).mean)).collect(),
            errors: networks.iter().map(|seen| of(seen).standard_error).collect(),
            label: "networks".to_owned(),
            colour: Colour::Green,
            shape: Shape::Circle,
        };
        Panel {
            title: name.to_owned(),
            x: x.clone(),
            y: axis(label),
            marks: lines.into_iter().chain([Mark::Points(points)]).collect(),
            legend: Legend::Below,
            ..Panel::default()
        }
    };
    let line = |of: fn(&Predicted) -> f64, label: &str| {
        theory(predicted.iter().map(|p| (p.q, of(p))).collect(), label, Colour::Black)
    };
    let windowed = lowrank_report::Line { dashed: true, ..line(|p| p.in_window, "theory, in the window of the runs") };
    [
        panel("*κ*", vec![Mark::Line(line(|p| p.kappa, "theory"))], |seen| seen.kappa),
        panel("√Δ_{*T*}", vec![Mark::Line(line(|p| p.chaoticity, "theory")), Mark::Line(windowed)], |seen| {
            seen.chaoticity
        }),
        panel("*λ*_{max}", vec![Mark::HorizontalLine(0.0), Mark::Line(line(|p| p.lambda_max, "theory"))], |seen| {
            seen.lambda_max
        }),
    ]
}
