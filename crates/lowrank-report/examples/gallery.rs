//! Every kind of mark on one sheet, from made-up data: `cargo run -p lowrank-report --example gallery -- FOLDER`.

use std::error::Error;
use std::path::Path;

use lowrank_report::{
    Anchor, Axis, Band, Cloud, Colour, Figure, Heat, Legend, Line, Map, Mark, Note, ONE_COLUMN, Origin, Panel, Points,
    Provenance, Shape, TWO_COLUMNS, write_figure,
};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "gallery".to_owned());
    let command = "cargo run -p lowrank-report --example gallery".to_owned();
    let origin = Origin { provenance: Provenance::here(), seed: 0, command };
    for (name, figure) in [("marks", marks()), ("diagram", diagram()), ("column", column()), ("single", single())] {
        write_figure(&Path::new(&folder).join(name), &figure, &figure, &origin)?;
    }
    Ok(())
}

/// Four panels over both columns of a page, two a row.
fn marks() -> Figure {
    let panels = vec![sizes(), eigenvalues(), transient(), branches()];
    Figure { panels, columns: 2, width: TWO_COLUMNS, panel_height: 48.0, ..Figure::default() }
}

/// A phase diagram of theory and simulation, and their difference.
fn diagram() -> Figure {
    let chaos = |x: f64, y: f64| (1.0 + y - 1.2 * x / (1.0 + x * x)).max(0.0).sqrt() * (x + 0.2);
    let rough = |x: f64, y: f64| chaos(x, y) + 0.15 * ((37.0 * x).sin() * (53.0 * y).cos());
    let exact = heat(chaos, Map::Sequential, "chaoticity √Δ_T");
    let mut simulated = heat(rough, Map::Sequential, "chaoticity √Δ_T");
    simulated.values[7][3] = f64::NAN;
    simulated.values[7][4] = f64::NAN;
    let difference = heat(|x, y| rough(x, y) - chaos(x, y), Map::Diverging, "simulation − theory");
    let panel = |title: &str, heat: Heat| Panel {
        title: title.to_owned(),
        x: axis("random strength *g*"),
        y: axis("structure strength *ρ*"),
        marks: vec![
            Mark::Heat(heat),
            boundary("onset of chaos", Colour::White, false, |x| 1.6 - 0.9 * x),
            boundary("end of structure", Colour::White, true, |x| 0.2 + 0.5 * x * x),
        ],
        legend: Legend::Below,
        ..Panel::default()
    };
    let panels = vec![panel("theory", exact), panel("50 networks", simulated), panel("difference", difference)];
    let title = "Phase diagram of the current variant".to_owned();
    Figure { title, panels, columns: 3, width: TWO_COLUMNS, panel_height: 38.0 }
}

/// Two panels one over the other in one column of a page.
fn column() -> Figure {
    Figure {
        panels: vec![along_g(), time_constants()],
        columns: 1,
        width: ONE_COLUMN,
        panel_height: 40.0,
        ..Figure::default()
    }
}

fn single() -> Figure {
    Figure { panels: vec![Panel { legend: Legend::Inside, ..along_g() }], ..Figure::default() }
}

/// |error| against N on logarithmic axes, with error bars.
fn sizes() -> Panel {
    let sizes = [125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0];
    let series = |index: usize, label: &str, size: f64, shape| {
        let points: Vec<(f64, f64)> =
            sizes.iter().map(|&n: &f64| (n, size / n.sqrt() * (1.0 + 0.2 * (n + size).sin()))).collect();
        let errors = points.iter().enumerate().map(|(i, p)| p.1 * [0.2, 0.3, 0.25, 0.4, 0.6, 1.1][i]).collect();
        Mark::Points(Points { points, errors, label: label.to_owned(), colour: Colour::nth(index), shape })
    };
    let slope = Line {
        points: vec![(125.0, 0.3), (4000.0, 0.3 / 32f64.sqrt())],
        label: "*N*^{−1/2}".to_owned(),
        colour: Colour::Grey,
        ..Line::default()
    };
    Panel {
        x: Axis { log: true, ..axis("neurons *N*") },
        y: Axis { log: true, ..axis("|error|") },
        marks: vec![
            Mark::Line(slope),
            series(0, "⟨*κ*⟩", 1.0, Shape::Circle),
            series(1, "Δ₀", 3.0, Shape::Square),
            series(2, "√Δ_T", 0.3, Shape::Triangle),
            series(3, "*λ*_{max}", 0.1, Shape::Diamond),
        ],
        ..Panel::default()
    }
}

/// Eigenvalues in the disc that theory predicts.
fn eigenvalues() -> Panel {
    let points = (0..800).map(|i| {
        let angle = 2.399_963 * f64::from(i);
        let radius = 1.5 * (f64::from(i) / 800.0).sqrt() + 0.02 * (f64::from(i) * 1.7).sin();
        (radius * angle.cos(), radius * angle.sin())
    });
    let circle = (0..=120).map(|i| {
        let angle = std::f64::consts::TAU * f64::from(i) / 120.0;
        (1.5 * angle.cos(), 1.5 * angle.sin())
    });
    Panel {
        x: axis("Re *λ*"),
        y: axis("Im *λ*"),
        marks: vec![
            Mark::VerticalLine(1.0),
            Mark::Cloud(Cloud {
                points: points.chain([(2.21, 0.0)]).collect(),
                colour: Colour::Blue,
                label: "network".to_owned(),
            }),
            Mark::Line(Line { points: circle.collect(), label: "theory".to_owned(), ..Line::default() }),
            Mark::Points(Points { points: vec![(2.2, 0.0)], shape: Shape::OpenCircle, ..Points::default() }),
            Mark::Note(Note { at: (2.2, 0.35), text: "outlier".to_owned(), anchor: Anchor::Middle }),
        ],
        equal_aspect: true,
        ..Panel::default()
    }
}

/// Simulated transients with theory's curve and band.
fn transient() -> Panel {
    let times: Vec<f64> = (0..=200).map(|i| 0.1 * f64::from(i)).collect();
    let mean = |t: f64, tau: f64| if t < 5.0 { 0.1 } else { 0.1 + 1.2 * (1.0 - (-(t - 5.0) / tau).exp()) };
    let wave = |t: f64| 0.06 * (3.1 * t).sin() + 0.04 * (7.7 * t).cos();
    let curve = |f: &dyn Fn(f64) -> f64| times.iter().map(|&t| (t, f(t))).collect::<Vec<_>>();
    let theory = "theory ± s.d.".to_owned();
    Panel {
        title: "step input at *t* = 5".to_owned(),
        x: Axis { range: Some((0.0, 20.0)), ..axis("time *t* / *τ*") },
        y: axis("overlap *κ*(*t*)"),
        marks: vec![
            Mark::VerticalLine(5.0),
            Mark::Band(Band {
                x: times.clone(),
                lower: times.iter().map(|&t| mean(t, 2.0) - 0.12).collect(),
                upper: times.iter().map(|&t| mean(t, 2.0) + 0.12).collect(),
                colour: Colour::Black,
                label: theory.clone(),
            }),
            Mark::Line(Line {
                points: curve(&|t| mean(t, 2.0) + wave(t)),
                label: "current".to_owned(),
                colour: Colour::Blue,
                width: 0.8,
                ..Line::default()
            }),
            Mark::Line(Line {
                points: curve(&|t| mean(t, 3.5) - wave(t)),
                label: "rate".to_owned(),
                colour: Colour::Vermillion,
                width: 0.8,
                ..Line::default()
            }),
            Mark::Line(Line { points: curve(&|t| mean(t, 2.0)), label: theory, ..Line::default() }),
        ],
        ..Panel::default()
    }
}

/// Branches of theory, unstable ones dashed, and networks of both variants at 15 inputs.
fn branches() -> Panel {
    let branch = |label: &str, dashed, from: f64, to: f64| {
        let points = (0..=80).map(|i| from + (to - from) * f64::from(i) / 80.0).map(|k| (k.powi(3) - k, k)).collect();
        Mark::Line(Line { points, label: label.to_owned(), dashed, ..Line::default() })
    };
    let fold = 1.0 / 3f64.sqrt();
    let inputs: Vec<f64> = (0..15).map(|i| -0.7 + 0.1 * f64::from(i)).collect();
    let above = |h: f64| (0..60).fold(1.4, |k: f64, _| k - (k.powi(3) - k - h) / (3.0 * k * k - 1.0));
    let dots = |shift: f64, label: &str, colour, shape| {
        let points = inputs.iter().filter(|&&h| h > -0.35).map(|&h| (h, above(h) + shift)).collect();
        Mark::Points(Points { points, errors: vec![0.06; 11], label: label.to_owned(), colour, shape })
    };
    Panel {
        x: axis("input strength *h*"),
        y: axis("activity along *m*"),
        marks: vec![
            branch("stable", false, -1.35, -fold),
            branch("unstable", true, -fold, fold),
            branch("stable", false, fold, 1.35),
            Mark::VerticalLine(-2.0 / 27f64.sqrt()),
            Mark::VerticalLine(2.0 / 27f64.sqrt()),
            dots(0.0, "current", Colour::Blue, Shape::Circle),
            dots(0.01, "rate", Colour::Vermillion, Shape::OpenSquare),
            Mark::Note(Note { at: (-0.4, 1.3), text: "fold".to_owned(), anchor: Anchor::End }),
        ],
        ..Panel::default()
    }
}

/// A theory that ends, and networks that do not know it.
fn along_g() -> Panel {
    let theory = (0..=120).map(|i| 0.025 * f64::from(i)).map(|g| (g, (1.61 - 0.35 * g * g).max(0.0).sqrt())).collect();
    let dots = |shift: f64, label: &str, colour, shape| {
        let points: Vec<(f64, f64)> = (1..=12)
            .map(|i| 0.25 * f64::from(i))
            .map(|g| (g, (1.61 - 0.35 * g * g).max(0.01).sqrt() + shift))
            .collect();
        let errors = points.iter().map(|p| 0.01 + 0.06 * (-(p.0 - 2.0).powi(2) * 4.0).exp()).collect();
        Mark::Points(Points { points, errors, label: label.to_owned(), colour, shape })
    };
    Panel {
        x: axis("random strength *g*"),
        y: axis("structure |*κ*|"),
        marks: vec![
            Mark::Line(Line { points: theory, label: "theory".to_owned(), ..Line::default() }),
            dots(0.0, "current", Colour::Blue, Shape::Circle),
            dots(0.015, "rate", Colour::Vermillion, Shape::OpenCircle),
        ],
        legend: Legend::Below,
        ..Panel::default()
    }
}

/// An axis from zero to infinity, with marks of its own; a line with a gap.
fn time_constants() -> Panel {
    let points = (0..=100)
        .map(|i| 0.01 * f64::from(i))
        .map(|p| if (0.42..0.48).contains(&p) { (p, f64::NAN) } else { (p, 0.2 - 0.3 * p * (1.0 - p)) });
    let ticks = [0.0, 0.25, 0.5, 1.0, 2.0, 4.0].map(|r| (r / (1.0 + r), format!("{r}")));
    let mut ticks = ticks.to_vec();
    ticks.push((1.0, "∞".to_owned()));
    Panel {
        x: Axis { range: Some((0.0, 1.0)), ticks, ..axis("*τ*_r / *τ*_s") },
        y: axis("largest exponent *λ*_{max} (10^{−3})"),
        marks: vec![
            Mark::HorizontalLine(0.15),
            Mark::Line(Line { points: points.collect(), label: "theory".to_owned(), ..Line::default() }),
        ],
        legend: Legend::Below,
        ..Panel::default()
    }
}

fn heat(value: impl Fn(f64, f64) -> f64, map: Map, label: &str) -> Heat {
    let grid = |from: f64, to: f64| (0..50).map(|i| from + (to - from) * f64::from(i) / 49.0).collect::<Vec<_>>();
    let (x, y) = (grid(0.0, 2.0), grid(0.0, 1.6));
    let values = y.iter().map(|&y| x.iter().map(|&x| value(x, y)).collect()).collect();
    Heat { x, y, values, range: None, map, label: label.to_owned() }
}

fn boundary(label: &str, colour: Colour, dashed: bool, y: impl Fn(f64) -> f64) -> Mark {
    let points = (0..=100).map(|i| 0.02 * f64::from(i)).map(|x| (x, y(x))).collect();
    Mark::Line(Line { points, label: label.to_owned(), colour, dashed, ..Line::default() })
}

fn axis(label: &str) -> Axis {
    Axis { label: label.to_owned(), ..Axis::default() }
}
