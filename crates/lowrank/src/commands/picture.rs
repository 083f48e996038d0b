//! The figure of a user's diagram: structure and chaoticity of networks beside theory, over one axis as dots and lines, over
//! two as heat maps with the boundaries of the phases.

use lowrank_meanfield::Boundaries;
use lowrank_report::{Axis, Colour, Figure, Heat, Legend, Line, Mark, Panel, Points, Shape, TWO_COLUMNS};
use lowrank_sweep::{Sweep, column};

/// The fields that are drawn: name of the column, label.
const FIELDS: [(&str, &str); 2] =
    [("chaoticity", "chaoticity ⟨std_{*t*}(*x_i*)⟩_{*i*}"), ("structure", "structure |*κ*|")];

/// The figure; none for another number of axes than one or two, or axes whose values do not rise. From mirrored starts only
/// the given one is drawn.
pub(super) fn picture(sweep: &Sweep, cells: &str, boundaries: Option<&Boundaries>) -> Option<Figure> {
    let axes: Vec<(String, &[f64])> =
        sweep.axes().iter().filter(|(_, v)| v.len() > 1).map(|(p, v)| (p.to_string(), v.as_slice())).collect();
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
            match &axes[..] {
                [(x_name, x)] => {
                    panels.push(dots(
                        &variant.to_string(),
                        (x_name, x),
                        label,
                        &seen,
                        &field(&format!("{name}_se")),
                        &theory,
                    ));
                }
                [(y_name, y), (x_name, x)] => {
                    let all = seen.iter().chain(&theory).filter(|value| value.is_finite());
                    let range = all.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(*v), b.max(*v)));
                    let range = (range.0 < range.1).then_some(range);
                    for (of, values) in [("networks", seen), ("theory", theory)] {
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
                        panels.push(plane(&title, (x_name, y_name), heat, boundaries));
                    }
                }
                _ => return None,
            }
        }
    }
    Some(Figure { title: String::new(), panels, columns: 2, width: TWO_COLUMNS, panel_height: 55.0 })
}

fn axis(label: &str) -> Axis {
    Axis { label: label.to_owned(), ..Axis::default() }
}

fn dots(variant: &str, (name, x): (&str, &[f64]), label: &str, seen: &[f64], errors: &[f64], theory: &[f64]) -> Panel {
    let pairs = |y: &[f64]| x.iter().copied().zip(y.iter().copied()).collect();
    // One network has no standard error.
    let errors = errors.iter().map(|error| if error.is_finite() { *error } else { 0.0 }).collect();
    let marks = vec![
        Mark::Line(Line { points: pairs(theory), label: "theory".to_owned(), ..Line::default() }),
        Mark::Points(Points {
            points: pairs(seen),
            errors,
            label: "networks".to_owned(),
            colour: Colour::Blue,
            shape: Shape::Circle,
        }),
    ];
    Panel { title: variant.to_owned(), x: axis(name), y: axis(label), marks, legend: Legend::Below, ..Panel::default() }
}

fn plane(title: &str, (x, y): (&str, &str), heat: Heat, boundaries: Option<&Boundaries>) -> Panel {
    let mut marks = vec![Mark::Heat(heat)];
    // Boundaries are points (g, strength).
    let turned = x != "g";
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
    Panel { title: title.to_owned(), x: axis(x), y: axis(y), marks, legend: Legend::Nowhere, ..Panel::default() }
}
