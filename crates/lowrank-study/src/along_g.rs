//! The published figure 1: kappa, variances, and the radius and outlier of the stability matrix along g, for M_m = 1.1, M_n = 2,
//! variances one (chaos sets in at g = 1.796, structured chaos ends at 2.136), with networks of both variants; and the
//! eigenvalues of finite networks behind the disc (T9) and the outlier (T10).

use lowrank_connectivity::eigenvalues_with_gain;
use lowrank_meanfield::{Solutions, solutions_along};
use lowrank_model::Vector::{M, N};
use lowrank_model::{Initial, Input, Layout, Model, ModelError, Moments, Transfer, Variant};
use lowrank_report::{Cloud, Colour, Figure, Legend, Line, Mark, Panel, Points, Shape, TWO_COLUMNS};
use rayon::prelude::*;
use serde::Serialize;

use crate::networks::{Ensemble, Estimate, bulk, every, protocol, run};
use crate::style::{axis, colour, dots, theory};
use crate::{Drawing, Options, Progress, StudyError};

/// Values of g for theory, and the last.
const VALUES: usize = 200;
const LARGEST: f64 = 4.0;
/// Values of g for networks.
const DOTS: usize = 16;
/// States whose spectra are drawn: g, and whether it is the quiet one or the structured one.
const SPECTRA: [(f64, bool); 3] = [(0.8, true), (0.3, false), (1.6, false)];
const VARIANTS: [Variant; 2] = [Variant::Current, Variant::Rate];

/// What a network in the long run shows, from theory: NaN where there is no such thing.
#[derive(Debug, Clone, Copy, Serialize)]
struct Predicted {
    g: f64,
    kappa: f64,
    delta_0: f64,
    delta_inf: f64,
    /// Of the stationary solution of largest kappa, and of the one of smallest.
    radius: f64,
    outlier: f64,
    quiet_radius: f64,
    quiet_outlier: f64,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct Simulated {
    g: f64,
    kappa: Estimate,
    delta_0: Estimate,
    delta_inf: Estimate,
}

/// Eigenvalues (re, im) of one network at rest, and theory's radius and outlier.
#[derive(Debug, Clone, Serialize)]
struct Spectrum {
    g: f64,
    quiet: bool,
    radius: f64,
    outliers: Vec<(f64, f64)>,
    eigenvalues: Vec<(f64, f64)>,
}

#[derive(Serialize)]
struct Data<'a> {
    model: &'a Model,
    ensemble: Ensemble,
    theory: &'a [Predicted],
    current: &'a [Simulated],
    rate: &'a [Simulated],
    spectra: &'a [Spectrum],
}

fn model(g: f64, variant: Variant) -> Result<Model, ModelError> {
    let moments = Moments::new(Layout::rank(1)).mean(M(0), 1.1).mean(N(0), 2.0).variance(M(0), 1.0).variance(N(0), 1.0);
    Model::new(g, Transfer::Tanh, variant, moments.build()?, Input::none())
}

fn start() -> Initial {
    Initial { along: vec![(M(0), 1.0)], deviation: 1.0 }
}

fn ensemble(options: Options) -> Ensemble {
    let (neurons, networks) = if options.quick { (500, 4) } else { (1000, 12) };
    Ensemble { neurons, networks, seed: options.seed }
}

fn values() -> Vec<f64> {
    (1..=DOTS).map(|i| LARGEST * i as f64 / DOTS as f64).collect()
}

pub(crate) fn parts(options: Options) -> usize {
    VARIANTS.len() * ensemble(options).networks + SPECTRA.len()
}

pub(crate) fn draw(options: Options, progress: Progress<'_>) -> Result<Vec<Drawing>, StudyError> {
    let ensemble = ensemble(options);
    let gs: Vec<f64> = (1..=VALUES).map(|i| LARGEST * i as f64 / VALUES as f64).collect();
    let rows = solutions_along(|g| model(g, Variant::Current), &gs)?;
    let predicted = rows.iter().map(predict).collect::<Result<Vec<Predicted>, StudyError>>()?;
    let [current, rate] = VARIANTS.map(|variant| simulate(variant, ensemble, progress));
    let (current, rate) = (current?, rate?);
    let of_g = |(g, quiet): &(f64, bool)| {
        let spectrum = spectrum(*g, *quiet, ensemble);
        progress(1);
        spectrum
    };
    let spectra = SPECTRA.par_iter().map(of_g).collect::<Result<Vec<_>, _>>()?;
    let line = |of: fn(&Predicted) -> f64| -> Vec<(f64, f64)> { predicted.iter().map(|p| (p.g, of(p))).collect() };
    let series = |of: fn(&Simulated) -> Estimate, what: &'static str| {
        VARIANTS.into_iter().zip([&current, &rate]).map(move |(variant, seen)| {
            let points: Vec<(f64, Estimate)> = seen.iter().map(|s| (s.g, of(s))).collect();
            dots(&points, &format!("{variant}, networks{what}"), variant)
        })
    };
    // The lower of two series in one panel.
    let other = |mark: Mark| match mark {
        Mark::Points(points) if points.shape == Shape::Circle => {
            Mark::Points(Points { shape: Shape::Triangle, ..points })
        }
        Mark::Points(points) => Mark::Points(Points { shape: Shape::Cross, ..points }),
        mark => mark,
    };
    let g_panel = |label: &str, marks: Vec<Mark>, legend: Legend| Panel {
        x: axis("random strength *g*"),
        y: axis(label),
        marks,
        legend,
        ..Panel::default()
    };
    let kappa = std::iter::once(Mark::Line(theory(line(|p| p.kappa.abs()), "theory", Colour::Black)));
    let variances = [
        Mark::Line(theory(line(|p| p.delta_0), "theory", Colour::Black)),
        Mark::Line(dashed(theory(line(|p| p.delta_inf), "theory Δ_∞", Colour::Black))),
    ];
    let stability = vec![
        Mark::HorizontalLine(1.0),
        Mark::Line(theory(line(|p| p.radius), "radius *ρ*", Colour::Green)),
        Mark::Line(theory(line(|p| p.outlier), "outlier", Colour::Purple)),
        Mark::Line(dashed(theory(line(|p| p.quiet_radius), "radius, quiet state", Colour::Sky))),
        Mark::Line(dashed(theory(line(|p| p.quiet_outlier), "outlier, quiet state", Colour::Orange))),
    ];
    let panels = vec![
        g_panel("|*κ*|", kappa.chain(series(|s| s.kappa, "")).collect(), Legend::Below),
        g_panel(
            "Δ₀, Δ_∞",
            variances
                .into_iter()
                .chain(series(|s| s.delta_0, ""))
                .chain(series(|s| s.delta_inf, " Δ_∞").map(other))
                .collect(),
            Legend::Below,
        ),
        g_panel("stability eigenvalues", stability, Legend::Inside),
    ];
    let panels = panels.into_iter().chain(spectra.iter().map(disc)).collect();
    let title = "Rank one, *M_m* = 1.1, *M_n* = 2: theory and networks".to_owned();
    let figure = Figure { title, panels, columns: 3, width: TWO_COLUMNS, panel_height: 38.0 };
    let any = model(1.0, Variant::Current)?;
    let data = Data { model: &any, ensemble, theory: &predicted, current: &current, rate: &rate, spectra: &spectra };
    Ok(vec![Drawing::new("along_g", figure, &data)?])
}

fn dashed(line: Line) -> Line {
    Line { dashed: true, ..line }
}

fn predict(row: &Solutions) -> Result<Predicted, StudyError> {
    let upper = row.stationary.first();
    let size = |s: &lowrank_meanfield::Stationary| s.order.kappa[0].abs();
    let quiet = row.stationary.iter().min_by(|a, b| size(a).total_cmp(&size(b)));
    let nothing = f64::NAN;
    let selected = row.selected(&model(row.parameter, Variant::Current)?, &start()).ok();
    let order = selected.map(|selected| selected.state.order());
    Ok(Predicted {
        g: row.parameter,
        kappa: order.map_or(nothing, |order| order.kappa[0]),
        delta_0: order.map_or(nothing, |order| order.delta_0),
        delta_inf: order.map_or(nothing, |order| order.delta_inf),
        radius: upper.map_or(nothing, |s| s.rho),
        outlier: upper.and_then(|s| s.outliers.first()).map_or(nothing, |outlier| outlier.0),
        quiet_radius: quiet.map_or(nothing, |s| s.rho),
        quiet_outlier: quiet.and_then(|s| s.outliers.first()).map_or(nothing, |outlier| outlier.0),
    })
}

fn simulate(variant: Variant, ensemble: Ensemble, progress: Progress<'_>) -> Result<Vec<Simulated>, StudyError> {
    let protocol = protocol(variant, 60.0, 80.0, 1.6)?;
    // `[network][g]`: kappa, Delta_0, Delta_inf.
    let seen: Vec<Vec<[f64; 3]>> = every(ensemble, |realisation| {
        let bulk = bulk(ensemble.neurons, ensemble.seed, realisation)?;
        let of_g = |g: f64| {
            let order = run(&bulk, &model(g, variant)?, &start(), &protocol, (ensemble.seed, realisation), 2)?.1.order;
            Ok([order.kappa[0].abs(), order.delta_0, order.delta_inf.unwrap_or(f64::NAN)])
        };
        let row = values().into_iter().map(of_g).collect::<Result<Vec<_>, StudyError>>();
        progress(1);
        row
    })?;
    let at = |i: usize, k: usize| Estimate::of(seen.iter().map(move |row| row[i][k]));
    let row = |(i, g): (usize, f64)| Simulated { g, kappa: at(i, 0), delta_0: at(i, 1), delta_inf: at(i, 2) };
    Ok(values().into_iter().enumerate().map(row).collect())
}

fn spectrum(g: f64, quiet: bool, ensemble: Ensemble) -> Result<Spectrum, StudyError> {
    let model = model(g, Variant::Current)?;
    let missing = || StudyError::Missing { what: "stationary solution", at: format!("g = {g}") };
    let size = |s: &lowrank_meanfield::Stationary| s.order.kappa[0].abs();
    let branches = lowrank_meanfield::stationary_branches(&model)?;
    let sorted = if quiet {
        branches.into_iter().min_by(|a, b| size(a).total_cmp(&size(b)))
    } else {
        branches.into_iter().max_by(|a, b| size(a).total_cmp(&size(b)))
    };
    let predicted = sorted.ok_or_else(missing)?;
    let bulk = bulk(ensemble.neurons, ensemble.seed, 0)?;
    let protocol = protocol(model.variant(), 150.0, 0.0, 1.0)?.with_trajectory();
    let (network, mut observed) = run(&bulk, &model, &start(), &protocol, (ensemble.seed, 0), 1)?;
    let x = observed.trajectory.pop().ok_or_else(missing)?;
    let gain = |x: &f64| model.transfer().jet(if quiet { 0.0 } else { *x }).d1;
    let gains: Vec<f64> = x.col(0).iter().map(gain).collect();
    let eigenvalues = eigenvalues_with_gain(&network, &gains)?.iter().map(|l| (l.re, l.im)).collect();
    Ok(Spectrum { g, quiet, radius: predicted.rho, outliers: predicted.outliers, eigenvalues })
}

fn disc(spectrum: &Spectrum) -> Panel {
    let circle = (0..=180).map(|i| {
        let angle = std::f64::consts::TAU * f64::from(i) / 180.0;
        (spectrum.radius * angle.cos(), spectrum.radius * angle.sin())
    });
    let marks = vec![
        Mark::VerticalLine(1.0),
        Mark::Cloud(Cloud {
            points: spectrum.eigenvalues.clone(),
            colour: colour(Variant::Current),
            label: "eigenvalues of a network".to_owned(),
        }),
        Mark::Line(theory(circle.collect(), "theory", Colour::Black)),
        Mark::Points(Points {
            points: spectrum.outliers.clone(),
            label: "theory, outlier".to_owned(),
            shape: Shape::OpenCircle,
            ..Points::default()
        }),
    ];
    Panel {
        title: format!("{} state, *g* = {}", if spectrum.quiet { "quiet" } else { "structured" }, spectrum.g),
        x: axis("Re *λ*"),
        y: axis("Im *λ*"),
        marks,
        equal_aspect: true,
        legend: Legend::Below,
    }
}
