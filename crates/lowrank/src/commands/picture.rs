//! The figure of a user's diagram: structure and chaoticity of networks beside theory, over one axis as dots and lines, over
//! two as heat maps with the boundaries of the phases.

use lowrank_meanfield::Boundaries;
use lowrank_model::Phase;
use lowrank_model::Vector;
use lowrank_report::{Axis, Colour, Figure, Heat, Legend, Line, Mark, Panel, Points, Shape, TWO_COLUMNS};
use lowrank_spec::Parameter;
use lowrank_sweep::{Sweep, column, words};

/// The fields that are drawn: name of the column, label.
const FIELDS: [(&str, &str); 2] =
    [("chaoticity", "chaoticity ⟨std_{*t*}(*x_i*)⟩_{*i*}"), ("structure", "structure |*κ*|")];

/// The figure; none for another number of axes than one or two, or axes whose values do not rise. From mirrored starts only
/// the given one is drawn.
pub(super) fn picture(sweep: &Sweep, cells: &str, boundaries: Option<&Boundaries>) -> Option<Figure> {
    let axes: Vec<(Parameter, &[f64])> =
        sweep.axes().iter().filter(|(_, v)| v.len() > 1).map(|(p, v)| (*p, v.as_slice())).collect();
    if axes.iter().any(|(_, values)| values.windows(2).any(|pair| pair[0] >= pair[1])) {
        return None;
    }
    let starts = if sweep.spec().start.mirrored { 2 } else { 1 };
    let grid = sweep.grid();
    let variants = &sweep.spec().variants().ok()?;
    let mut panels = Vec::new();
    for (index, variant) in variants.iter().enumerate() {
        let field = |name: &str| -> Vec<f64> {
            column(cells, name).into_iter().skip(index * grid * starts).step_by(starts).take(grid).collect()
        };
        for (name, label) in FIELDS {
            let (seen, theory) = (field(name), field(&format!("theory_{name}")));
            let unbounded = |name: &str| -> Vec<bool> {
                let of_variant = words(cells, name).into_iter().skip(index * grid * starts).step_by(starts).take(grid);
                of_variant.map(|phase| phase == Phase::Unbounded.to_string()).collect()
            };
            match &axes[..] {
                [(of_x, x)] if seen.iter().chain(&theory).any(|value| value.is_finite()) => {
                    panels.push(dots(
                        &variant.to_string(),
                        (*of_x, x),
                        label,
                        &seen,
                        &field(&format!("{name}_se")),
                        &theory,
                        &unbounded("phase"),
                    ));
                }
                [(of_y, y), (of_x, x)] => {
                    let all = seen.iter().chain(&theory).filter(|value| value.is_finite());
                    let range = all.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(*v), b.max(*v)));
                    let range = (range.0 < range.1).then_some(range);
                    for (of, values, grows) in
                        [("networks", seen, unbounded("phase")), ("theory", theory, unbounded("theory_phase"))]
                    {
                        if !values.iter().any(|value| value.is_finite()) {
                            continue;
                        }
                        let without = without_value((x, y), &values, &grows);
                        let title = format!("{variant}: {of}");
                        let rows = values.chunks(x.len()).map(<[f64]>::to_vec).collect();
                        let heat = Heat {
                            x: x.to_vec(),
                            y: y.to_vec(),
                            values: rows,
                            range,
                            label: label.to_owned(),
                            ..Heat::default()
                        };
                        panels.push(plane(&title, (*of_x, *of_y), heat, boundaries, without));
                    }
                }
                // No network and no theory of this variant has a value.
                [_] => {}
                _ => return None,
            }
        }
    }
    if panels.is_empty() {
        return None;
    }
    Some(Figure { title: String::new(), panels, columns: 2, width: TWO_COLUMNS, panel_height: 55.0 })
}

/// A parameter as a label; vectors are counted from one, as in the theory.
fn symbol(parameter: Parameter) -> String {
    let of = |vector: Vector| match vector {
        Vector::M(k) => format!("*m*^{{({})}}", k + 1),
        Vector::N(k) => format!("*n*^{{({})}}", k + 1),
        Vector::I(q) => format!("*I*^{{({})}}", q + 1),
        Vector::W(p) => format!("*w*^{{({})}}", p + 1),
    };
    match parameter {
        Parameter::G => "random strength *g*".to_owned(),
        Parameter::Strength => "structure strength *M_m M_n*".to_owned(),
        Parameter::Mean(a) => format!("mean of {}", of(a)),
        Parameter::Covariance(a, b) if a == b => format!("variance of {}", of(a)),
        Parameter::Covariance(a, b) => format!("covariance of {} and {}", of(a), of(b)),
        Parameter::Amplitude(q) => format!("amplitude of {}", of(Vector::I(q))),
        Parameter::Deviation => "deviation of the start".to_owned(),
        Parameter::TauS => "*τ_s*".to_owned(),
        Parameter::TauR => "*τ_r*".to_owned(),
    }
}

fn axis(label: &str) -> Axis {
    Axis { label: label.to_owned(), ..Axis::default() }
}

fn dots(
    variant: &str,
    (of_x, x): (Parameter, &[f64]),
    label: &str,
    seen: &[f64],
    errors: &[f64],
    theory: &[f64],
    unbounded: &[bool],
) -> Panel {
    let pairs = |y: &[f64]| x.iter().copied().zip(y.iter().copied()).collect();
    // One network has no standard error.
    let errors = errors.iter().map(|error| if error.is_finite() { *error } else { 0.0 }).collect();
    let mut marks = vec![
        Mark::Line(Line { points: pairs(theory), label: "theory".to_owned(), ..Line::default() }),
        Mark::Points(Points {
            points: pairs(seen),
            errors,
            label: "networks".to_owned(),
            colour: Colour::Blue,
            shape: Shape::Circle,
        }),
    ];
    // They have no value; that they are there is seen on the axis.
    let points: Vec<(f64, f64)> =
        x.iter().zip(unbounded).filter(|(_, grows)| **grows).map(|(x, _)| (*x, 0.0)).collect();
    if !points.is_empty() {
        let (label, colour, shape) = ("networks: unbounded".to_owned(), Colour::Blue, Shape::Cross);
        marks.push(Mark::Points(Points { points, label, colour, shape, ..Points::default() }));
    }
    Panel {
        title: variant.to_owned(),
        x: axis(&symbol(of_x)),
        y: axis(label),
        marks,
        legend: Legend::Below,
        ..Panel::default()
    }
}

/// Marks on the cells of a plane whose activity is unbounded, and on those that have no value for another reason (which the
/// table has); none where there are no such cells.
fn without_value((x, y): (&[f64], &[f64]), values: &[f64], unbounded: &[bool]) -> Vec<Mark> {
    let place = |i: usize| (x[i % x.len()], y[i / x.len()]);
    let cells =
        |chosen: &dyn Fn(usize) -> bool| (0..values.len()).filter(|i| chosen(*i)).map(place).collect::<Vec<_>>();
    let grows = |i: usize| unbounded.get(i).copied().unwrap_or(false);
    let kinds = [
        ("unbounded", Shape::Cross, cells(&grows)),
        ("no value: see cells.csv", Shape::OpenSquare, cells(&|i| !grows(i) && !values[i].is_finite())),
    ];
    let mark = |(label, shape, points): (&str, Shape, Vec<(f64, f64)>)| {
        Mark::Points(Points { points, label: label.to_owned(), shape, ..Points::default() })
    };
    kinds.into_iter().filter(|(.., points)| !points.is_empty()).map(mark).collect()
}

fn plane(
    title: &str,
    (x, y): (Parameter, Parameter),
    heat: Heat,
    boundaries: Option<&Boundaries>,
    without: Vec<Mark>,
) -> Panel {
    let legend = if without.is_empty() { Legend::Nowhere } else { Legend::Below };
    let mut marks = vec![Mark::Heat(heat)];
    marks.extend(without);
    // Boundaries are points (g, strength).
    let turned = x != Parameter::G;
    for (boundary, dashed) in boundaries.iter().flat_map(|b| {
        [
            (&b.onset_of_structure, false),
            (&b.onset_of_chaos, false),
            (&b.structured_onset_of_chaos, true),
            (&b.end_of_structure, false),
        ]
    }) {
        let points = boundary.points.iter().map(|(g, s)| if turned { (*s, *g) } else { (*g, *s) }).collect();
        marks.push(Mark::Line(Line { points, colour: Colour::White, dashed, ..Line::default() }));
    }
    Panel { title: title.to_owned(), x: axis(&symbol(x)), y: axis(&symbol(y)), marks, legend, ..Panel::default() }
}
