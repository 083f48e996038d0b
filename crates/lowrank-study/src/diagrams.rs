//! The phase diagram: random strength g against structure strength s = M_m M_n (M_m = M_n, variances one), without input
//! (docs/theory.md section 7). Simulated as \[MO18\]'s followers do: from x(0) = m + noise, a transient and a window of 100
//! each (`quick`: 40 and 60, 25 x 25 networks of 300 neurons); chaoticity \<std_t(x_i)>_i and structure |kappa|, with theory's
//! sqrt(Delta_T) of the same window. One network at each point, both variants on one bulk.

use lowrank_meanfield::{Boundaries, phase_boundaries};
use lowrank_model::Model;
use lowrank_report::{Colour, Figure, Heat, Legend, Line, Map, Mark, Panel, TWO_COLUMNS};
use lowrank_spec::Spec;
use lowrank_sweep::{Runner, Sweep, SweepError, column, tables};
use serde::Serialize;

use crate::style::axis;
use crate::{Drawing, Options, Progress, StudyError};

/// Points of a boundary.
const BOUNDARY: usize = 60;
/// Largest g and strength.
const LARGEST: f64 = 4.0;

/// One field on the grid, `[strength][g]`.
type Field = Vec<Vec<f64>>;

/// Fields of one variant.
#[derive(Debug, Clone, Serialize)]
struct Fields {
    structure: Field,
    chaoticity: Field,
    theory_structure: Field,
    theory_chaoticity: Field,
}

#[derive(Serialize)]
struct Data<'a> {
    definition: &'a Spec,
    g: &'a [f64],
    strength: &'a [f64],
    current: &'a Fields,
    rate: &'a Fields,
    boundaries: &'a Boundaries,
}

pub(crate) fn parts(options: Options) -> usize {
    // A sweep that cannot be built is told by `draw`.
    sweep(options).map_or(0, |sweep| sweep.blocks())
}

pub(crate) fn draw(options: Options, progress: Progress<'_>) -> Result<Vec<Drawing>, StudyError> {
    let sweep = sweep(options)?;
    let cells = tables(&sweep, &run(&sweep, progress)?)?.cells;
    let [strengths, gs] = [0, 1].map(|axis: usize| sweep.axes()[axis].1.clone());
    let of_variant = |variant: usize| {
        let rows = strengths.len() * gs.len();
        let field = |name: &str| -> Field {
            let column = column(&cells, name);
            column[variant * rows..][..rows].chunks(gs.len()).map(<[f64]>::to_vec).collect()
        };
        Fields {
            structure: field("structure"),
            chaoticity: field("chaoticity"),
            theory_structure: field("theory_structure"),
            theory_chaoticity: field("theory_chaoticity"),
        }
    };
    let (current, rate) = (of_variant(0), of_variant(1));
    let boundaries = boundaries(&sweep)?;
    let data = Data {
        definition: sweep.spec(),
        g: &gs,
        strength: &strengths,
        current: &current,
        rate: &rate,
        boundaries: &boundaries,
    };
    let plane = Plane { gs: &gs, strengths: &strengths, boundaries: &boundaries };
    let (chaoticity, structure) = ("chaoticity ⟨std_{*t*}(*x_i*)⟩_{*i*}", "structure |*κ*|");
    let simulated = vec![
        plane.panel("", &current.chaoticity, chaoticity, None, false),
        plane.panel("", &current.structure, structure, None, false),
    ];
    let beside = vec![
        plane.panel(
            "theory",
            &current.theory_chaoticity,
            "√Δ_{*T*}",
            range(&[&current.chaoticity, &current.theory_chaoticity]),
            true,
        ),
        plane.panel(
            "theory",
            &current.theory_structure,
            structure,
            range(&[&current.structure, &current.theory_structure]),
            true,
        ),
        plane.panel(
            "simulation",
            &current.chaoticity,
            chaoticity,
            range(&[&current.chaoticity, &current.theory_chaoticity]),
            true,
        ),
        plane.panel(
            "simulation",
            &current.structure,
            structure,
            range(&[&current.structure, &current.theory_structure]),
            true,
        ),
    ];
    let both = [(&current.chaoticity, &rate.chaoticity, chaoticity), (&current.structure, &rate.structure, structure)];
    let variants = both.into_iter().flat_map(|(current, rate, label)| {
        let common = range(&[current, rate]);
        [
            plane.panel("current", current, label, common, true),
            plane.panel("rate", rate, label, common, true),
            plane.difference("rate − current", rate, current),
        ]
    });
    let sheet = |title: &str, panels: Vec<Panel>, columns| Figure {
        title: title.to_owned(),
        panels,
        columns,
        width: TWO_COLUMNS,
        panel_height: if columns == 2 { 60.0 } else { 38.0 },
    };
    Ok(vec![
        Drawing::new("diagram_simulated", sheet("Simulated phase diagram, current variant", simulated, 2), &data)?,
        Drawing::new(
            "diagram_theory",
            sheet("Phase diagram in theory and in simulation, current variant", beside, 2),
            &data,
        )?,
        Drawing::new(
            "diagram_variants",
            sheet("Simulated phase diagram of both variants", variants.collect(), 3),
            &data,
        )?,
    ])
}

fn sweep(options: Options) -> Result<Sweep, StudyError> {
    let (neurons, points, transient, window) =
        if options.quick { (300, 25, 40.0, 60.0) } else { (1000, 50, 100.0, 100.0) };
    let text = format!(
        "seed = {}
        [network]\nneurons = {neurons}\nvariants = ['current', 'rate']\nprecision = 'f32'
        [structure]\nrank = 1\ncovariances = {{ 'm[0]' = 1.0, 'n[0]' = 1.0 }}
        [start]\nalong = {{ 'm[0]' = 1.0 }}\ndeviation = 1.0
        [run]\ntransient = {transient:?}\nwindow = {window:?}
        [[axis]]\nparameter = 'strength'\nfrom = 0.0\nto = {LARGEST:?}\npoints = {points}
        [[axis]]\nparameter = 'g'\nfrom = 0.0\nto = {LARGEST:?}\npoints = {points}",
        options.seed
    );
    Ok(Sweep::new(Spec::from_toml(&text).map_err(SweepError::from)?)?)
}

/// All blocks, by index; a thread takes a whole one.
fn run(sweep: &Sweep, progress: Progress<'_>) -> Result<Vec<Vec<u8>>, StudyError> {
    let runner = Runner::new(sweep);
    let next = std::sync::atomic::AtomicUsize::new(0);
    let work = || -> Result<Vec<(usize, Vec<u8>)>, StudyError> {
        let mut done = Vec::new();
        loop {
            let block = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            if block >= sweep.blocks() {
                return Ok(done);
            }
            done.push((block, runner.run(block)?));
            progress(1);
        }
    };
    // Threads of their own: draws within a block use the pool.
    let threads = sweep.threads(rayon::current_num_threads());
    let done = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let joined = workers.into_iter().map(|worker| match worker.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        joined.collect::<Result<Vec<_>, _>>()
    })?;
    let mut blocks: Vec<(usize, Vec<u8>)> = done.into_iter().flatten().collect();
    blocks.sort_by_key(|(block, _)| *block);
    Ok(blocks.into_iter().map(|(_, bytes)| bytes).collect())
}

/// Boundaries of the phases by root finding, for the family of the sweep.
fn boundaries(sweep: &Sweep) -> Result<Boundaries, StudyError> {
    let any = sweep.model(0, 0)?;
    let family = |g: f64, strength: f64| {
        let moments = lowrank_model::Moments::new(lowrank_model::Layout::rank(1))
            .mean(lowrank_model::Vector::M(0), strength.sqrt())
            .mean(lowrank_model::Vector::N(0), strength.sqrt())
            .variance(lowrank_model::Vector::M(0), 1.0)
            .variance(lowrank_model::Vector::N(0), 1.0);
        Model::new(g, any.transfer(), any.variant(), moments.build()?, lowrank_model::Input::none())
    };
    let values: Vec<f64> = (0..BOUNDARY).map(|i| LARGEST * i as f64 / (BOUNDARY - 1) as f64).collect();
    Ok(phase_boundaries(family, &values, &values)?)
}

/// What all panels share.
struct Plane<'a> {
    gs: &'a [f64],
    strengths: &'a [f64],
    boundaries: &'a Boundaries,
}

impl Plane<'_> {
    fn panel(&self, title: &str, field: &Field, label: &str, range: Option<(f64, f64)>, boundaries: bool) -> Panel {
        let heat = Heat {
            x: self.gs.to_vec(),
            y: self.strengths.to_vec(),
            values: field.clone(),
            range,
            label: label.to_owned(),
            ..Heat::default()
        };
        self.over(title, heat, if boundaries { Colour::White } else { Colour::Black }, boundaries)
    }

    fn difference(&self, title: &str, a: &Field, b: &Field) -> Panel {
        let minus = |(a, b): (&Vec<f64>, &Vec<f64>)| a.iter().zip(b).map(|(a, b)| a - b).collect();
        let heat = Heat {
            x: self.gs.to_vec(),
            y: self.strengths.to_vec(),
            values: a.iter().zip(b).map(minus).collect(),
            map: Map::Diverging,
            label: "difference".to_owned(),
            ..Heat::default()
        };
        self.over(title, heat, Colour::Black, true)
    }

    fn over(&self, title: &str, heat: Heat, colour: Colour, boundaries: bool) -> Panel {
        let mut marks = vec![Mark::Heat(heat)];
        if boundaries {
            let Boundaries { onset_of_structure, onset_of_chaos, structured_onset_of_chaos, end_of_structure, .. } =
                self.boundaries;
            for (boundary, dashed) in [
                (onset_of_structure, false),
                (onset_of_chaos, false),
                (structured_onset_of_chaos, true),
                (end_of_structure, false),
            ] {
                marks.push(Mark::Line(Line { points: boundary.points.clone(), colour, dashed, ..Line::default() }));
            }
        }
        let range = Some((0.0, LARGEST));
        Panel {
            title: title.to_owned(),
            x: lowrank_report::Axis { range, ..axis("random strength *g*") },
            y: lowrank_report::Axis { range, ..axis("structure strength *s*") },
            marks,
            legend: Legend::Nowhere,
            ..Panel::default()
        }
    }
}

/// From the smallest to the largest value of some fields.
fn range(fields: &[&Field]) -> Option<(f64, f64)> {
    let values = fields.iter().flat_map(|field| field.iter().flatten()).filter(|value| value.is_finite());
    Some(values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(*value), high.max(*value))))
}
