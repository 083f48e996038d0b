//! The march of (T19): one panel after another, each solved for kappa and for C with all times before it.
//!
//! What is known of the past are covariances \<h(t) h(s)> of h = s-filter of r at the nodes, C = g^2 \<h h>, and those of
//! the two filters' states at the start of the panel. phi at the new nodes is one basis with these states: the panel's
//! map turns its Gram matrix into that of h and r at the nodes and at the end. The initial rate r0 = phi(a) is a source
//! like phi(x(t)); it is where the r-filter starts.

use lowrank_model::{Initial, Model, Transfer};

use super::classes::{Class, Row, covariance};
use super::drive::Drive;
use super::pairs::{Block, LANES, Lanes, Law};
use super::panel::{Panel, Rule};
use crate::MeanFieldError;
use crate::neurons::dot;

/// Change of h's covariances and means, relative to max(1, |value|), at which a panel is solved: the rounding of the
/// Hermite coefficients, amplified by what a panel adds.
const SOLVED: f64 = 1e-13;
/// Change that still counts as solved where rounding keeps it from falling further.
pub(super) const CHANGE_LIMIT: f64 = 1e-11;
/// Threshold-linear: \<phi phi> of two times has a kink |t - s|^3, which the tail on the diagonal sees but which filters
/// forget. Measured: a tail of 1e-3 there leaves errors of 1e-9.
const KINK_PART: f64 = 1e-4;
/// Most iterations of a panel; 10 to 20 are used.
const MOST_ITERATIONS: usize = 60;

/// The part of (T19) that has been solved.
#[derive(Debug)]
pub(super) struct March {
    pub(super) rule: Rule,
    transfer: Transfer,
    pub(super) g_squared: f64,
    time_constants: (f64, f64),
    classes: Vec<Class>,
    pub(super) drive: Drive,
    /// Positions of the vectors whose averages with phi are kept: n^(1..R), then w^(1..P).
    probes: Vec<usize>,
    rank: usize,
    /// The initial state, a source of its own where rates are part of the state.
    initial: Row,
    initial_is_source: bool,
    pub(super) panels: Vec<Panel>,
    /// u at all nodes.
    rows: Vec<Row>,
    /// phi of every source (the initial state first, where it is one), class by class.
    laws: Vec<Vec<Law>>,
    /// \<h(t) h(s)>, s not after the panel of t.
    pub(super) h_h: Vec<Vec<f64>>,
    /// \<h h(s)>, \<r h(s)> of the states at the end.
    state_h: Vec<[f64; 2]>,
    /// \<h h>, \<h r>, \<r r> of the states at the end.
    state_state: [f64; 3],
    /// The states of every probe's filters and, last, of the mean's.
    averages: Vec<[f64; 2]>,
    /// \<phi phi(t)> of every source with the last node.
    last: Vec<f64>,
    /// Per probe and for the mean: \<. phi> at the last node.
    last_averages: Vec<f64>,
}

/// A panel solved, not yet part of the march.
pub(super) struct Trial {
    panel: Panel,
    rows: Vec<Row>,
    blocks: Vec<Block>,
    /// \<h(t) h(s)> for s before the panel, t at the nodes and the two states at the end; a row for each s.
    h_before: Vec<[f64; LANES + 2]>,
    /// Gram matrix of all that leaves the panel, row by row.
    gram: Vec<f64>,
    /// All that leaves the panel, for each probe and for the mean.
    pub(super) averages: Vec<Vec<f64>>,
    /// \<. phi> at the nodes of each probe and of one.
    sources: Vec<Vec<f64>>,
    pairs: Vec<Lanes>,
    /// Largest change in the last iteration.
    pub(super) residual: f64,
    pub(super) iterations: usize,
    /// How badly the sources are resolved: the largest tail of theirs.
    pub(super) tail: f64,
}

impl March {
    /// Nothing solved yet.
    pub(super) fn new(model: &Model, initial: &Initial, nodes: usize) -> Result<Self, MeanFieldError> {
        let layout = model.ensemble().layout();
        let rank = layout.rank;
        let initial = Row { vectors: initial.coefficients(model.ensemble())?, own: initial.deviation };
        let (tau_s, tau_r) = model.variant().time_constants();
        let classes = Class::all(model.ensemble());
        let probes: Vec<usize> = (rank..2 * rank).chain(2 * rank + layout.inputs..layout.dimension()).collect();
        let mut this = Self {
            rule: Rule::new(nodes),
            transfer: model.transfer(),
            g_squared: model.g() * model.g(),
            time_constants: (tau_s, tau_r),
            drive: Drive::new(model, &initial),
            rank,
            initial,
            initial_is_source: tau_r > 0.0,
            panels: Vec::new(),
            rows: Vec::new(),
            laws: classes.iter().map(|_| Vec::new()).collect(),
            h_h: Vec::new(),
            state_h: Vec::new(),
            state_state: [0.0; 3],
            averages: vec![[0.0; 2]; probes.len() + 1],
            last: Vec::new(),
            last_averages: vec![0.0; probes.len() + 1],
            probes,
            classes,
        };
        if this.initial_is_source {
            this.start_rates()?;
        }
        Ok(this)
    }

    /// Number of outer products.
    pub(super) fn rank(&self) -> usize {
        self.rank
    }

    /// Time of a node.
    pub(super) fn time(&self, node: usize) -> f64 {
        let p = self.rule.nodes.len();
        let panel = &self.panels[node / p];
        panel.start + panel.length * self.rule.nodes[node % p]
    }

    /// r(0) = phi(a): the averages from which the r-filters start.
    fn start_rates(&mut self) -> Result<(), MeanFieldError> {
        let mut square = 0.0;
        for (class, laws) in self.classes.iter().zip(&mut self.laws) {
            let covector = class.covector(&self.initial);
            let (mu, d) = (class.mean(&self.initial), covariance(&self.initial, &covector).max(0.0));
            let law = Law::new(self.transfer, mu, d)?;
            let block = Block::new(vec![law.clone()]);
            square += class.weight * block.pairs(&law, &[d; LANES])[0];
            for (average, value) in self.averages.iter_mut().zip(probed(class, &self.probes, &covector, &law)) {
                average[1] += value;
            }
            laws.push(law);
        }
        self.state_state[2] = square;
        self.last = vec![square];
        self.last_averages = self.averages.iter().map(|a| a[1]).collect();
        Ok(())
    }

    /// Solves the panel \[start, start + length\] by fixed-point iteration.
    pub(super) fn solve(&self, start: f64, length: f64) -> Result<Trial, MeanFieldError> {
        let panel = Panel::new(&self.rule, start, length, self.time_constants);
        let p = self.rule.nodes.len();
        let offset = usize::from(self.initial_is_source);
        let sources = offset + self.rows.len();
        // As if phi stayed what it was at the last node.
        let mut pairs: Vec<Lanes> =
            (0..sources + p).map(|s| [self.last.get(s).or(self.last.last()).copied().unwrap_or(0.0); LANES]).collect();
        let mut averages: Vec<Vec<f64>> = self.last_averages.iter().map(|a| vec![*a; p]).collect();
        let times: Vec<f64> = self.rule.nodes.iter().map(|c| start + c * length).collect();
        let mut trial = self.leaving(panel, &times, &pairs, averages.clone());
        let mut best = f64::INFINITY;
        for iteration in 1..=MOST_ITERATIONS {
            (trial.blocks, averages) = self.laws_at(&trial)?;
            self.pair_averages(&trial, &mut pairs);
            let mut next = self.leaving(trial.panel, &times, &pairs, averages);
            let change = largest_change(&trial.gram, &next.gram)
                .max(largest_change(trial.h_before.as_flattened(), next.h_before.as_flattened()))
                .max(largest_change(&trial.averages.concat(), &next.averages.concat()));
            next.blocks = trial.blocks;
            next.residual = change;
            next.iterations = iteration;
            trial = next;
            // Below the limit, stop as soon as rounding has the upper hand.
            if change <= SOLVED || (change <= CHANGE_LIMIT && change >= best) {
                break;
            }
            best = best.min(change);
        }
        trial.tail = self.tail(&trial.sources, &pairs, p);
        trial.pairs = pairs;
        Ok(trial)
    }

    /// phi at the new nodes, class by class, and its averages with the probes and with one.
    fn laws_at(&self, trial: &Trial) -> Result<(Vec<Block>, Vec<Vec<f64>>), MeanFieldError> {
        let p = trial.rows.len();
        let width = 2 * p + 2;
        let mut averages = vec![vec![0.0; p]; self.probes.len() + 1];
        let mut blocks = Vec::with_capacity(self.classes.len());
        for class in &self.classes {
            let mut laws = Vec::with_capacity(p);
            for (j, row) in trial.rows.iter().enumerate() {
                let covector = class.covector(row);
                let d = self.g_squared * trial.gram[j * width + j] + covariance(row, &covector);
                let law = Law::new(self.transfer, class.mean(row), d.max(0.0))?;
                for (average, value) in averages.iter_mut().zip(probed(class, &self.probes, &covector, &law)) {
                    average[j] += value;
                }
                laws.push(law);
            }
            blocks.push(Block::new(laws));
        }
        Ok((blocks, averages))
    }

    /// \<phi phi(t)> of every source with the new nodes.
    fn pair_averages(&self, trial: &Trial, pairs: &mut [Lanes]) {
        let p = trial.rows.len();
        let width = 2 * p + 2;
        let offset = usize::from(self.initial_is_source);
        let old = self.rows.len();
        pairs.fill([0.0; LANES]);
        for ((class, block), laws) in self.classes.iter().zip(&trial.blocks).zip(&self.laws) {
            let covectors: Vec<Row> = trial.rows.iter().map(|row| class.covector(row)).collect();
            let with_u = |row: &Row| {
                let mut c = [0.0; LANES];
                c.iter_mut().zip(&covectors).for_each(|(c, covector)| *c = covariance(row, covector));
                c
            };
            let mut add = |source: usize, law: &Law, c: &Lanes| {
                let found = block.pairs(law, c);
                pairs[source].iter_mut().zip(found).for_each(|(sum, value)| *sum += class.weight * value);
            };
            if self.initial_is_source {
                add(0, &laws[0], &with_u(&self.initial));
            }
            for s in 0..old {
                let mut c = with_u(&self.rows[s]);
                (0..p).for_each(|j| c[j] += self.g_squared * trial.h_before[s][j]);
                add(offset + s, &laws[offset + s], &c);
            }
            for (s, law) in block.laws().iter().enumerate() {
                let mut c = with_u(&trial.rows[s]);
                (0..p).for_each(|j| c[j] += self.g_squared * trial.gram[s * width + j]);
                add(offset + old + s, law, &c);
            }
        }
    }

    /// All that leaves the panel, given phi in it.
    fn leaving(&self, panel: Panel, times: &[f64], pairs: &[Lanes], sources: Vec<Vec<f64>>) -> Trial {
        let p = times.len();
        let (columns, width) = (p + 2, 2 * p + 2);
        // <phi h(s)>, <phi h>, <phi r> of the states: the filters along the first time.
        let offset = usize::from(self.initial_is_source);
        let mut h = [0.0; LANES];
        let mut r = if self.initial_is_source { pairs[0] } else { [0.0; LANES] };
        let mut phi_h = Vec::with_capacity(self.rows.len());
        for (before, entering) in self.panels.iter().zip(pairs[offset..].chunks_exact(p)) {
            let through = |row: &[f64]| {
                let mut sum = [0.0; LANES];
                for (weight, lanes) in row.iter().zip([&h, &r].into_iter().chain(entering)) {
                    (0..LANES).for_each(|j| sum[j] += weight * lanes[j]);
                }
                sum
            };
            phi_h.extend((0..p).map(|i| through(before.row(i))));
            (h, r) = (through(before.row(2 * p)), through(before.row(2 * p + 1)));
        }
        let new = &pairs[offset + self.rows.len()..];
        let mut basis = vec![0.0; columns * columns];
        let [hh, hr, rr] = self.state_state;
        (basis[0], basis[1], basis[columns], basis[columns + 1]) = (hh, hr, hr, rr);
        for i in 0..p {
            for (state, values) in [(0, &h), (1, &r)] {
                basis[state * columns + 2 + i] = values[i];
                basis[(2 + i) * columns + state] = values[i];
            }
            for j in 0..p {
                basis[(2 + i) * columns + 2 + j] = 0.5 * (new[i][j] + new[j][i]);
            }
        }
        let half: Vec<f64> =
            panel.rows().flat_map(|row| basis.chunks_exact(columns).map(move |line| dot(row, line))).collect();
        let mut gram = vec![0.0; width * width];
        for (i, line) in half.chunks_exact(columns).enumerate() {
            for (j, row) in panel.rows().enumerate().take(i + 1) {
                let value = dot(row, line);
                gram[i * width + j] = value;
                gram[j * width + i] = value;
            }
        }
        let leaving: Vec<&[f64]> = (0..p).chain([2 * p, 2 * p + 1]).map(|i| panel.row(i)).collect();
        let h_before = phi_h
            .iter()
            .zip(&self.state_h)
            .map(|(phi, state)| {
                let mut out = [0.0; LANES + 2];
                for (out, row) in out.iter_mut().zip(&leaving) {
                    *out = dot(&row[..2], state) + dot(&row[2..], &phi[..p]);
                }
                out
            })
            .collect();
        let averages: Vec<Vec<f64>> = self
            .averages
            .iter()
            .zip(&sources)
            .map(|(state, phi)| panel.rows().map(|row| dot(&row[..2], state) + dot(&row[2..], phi)).collect())
            .collect();
        let k_at = |j: usize| averages[..self.rank].iter().map(|a| a[j]).collect::<Vec<_>>();
        let rows = (0..p).map(|j| self.drive.row(times[j], &k_at(j))).collect();
        let (blocks, pairs) = (Vec::new(), Vec::new());
        let (residual, iterations, tail) = (f64::INFINITY, 0, 0.0);
        Trial { panel, rows, blocks, h_before, gram, averages, sources, pairs, residual, iterations, tail }
    }

    /// The largest tail of the sources in the panel.
    fn tail(&self, sources: &[Vec<f64>], pairs: &[Lanes], p: usize) -> f64 {
        let of_averages = sources.iter().map(|values| self.rule.tail(values)).fold(0.0, f64::max);
        let of_pairs = |pairs: &[Lanes]| pairs.iter().map(|lanes| self.rule.tail(&lanes[..p])).fold(0.0, f64::max);
        let (old, new) = pairs.split_at(pairs.len() - p);
        let part = if self.transfer == Transfer::ThresholdLinear { KINK_PART } else { 1.0 };
        let diagonal: Vec<f64> = (0..p).map(|j| new[j][j]).collect();
        of_averages.max(of_pairs(old)).max(part * of_pairs(new)).max(self.rule.tail(&diagonal))
    }

    /// Makes a solved panel part of the march.
    pub(super) fn accept(&mut self, trial: Trial) {
        let p = trial.rows.len();
        let width = 2 * p + 2;
        let (h_end, r_end) = (2 * p * width, (2 * p + 1) * width);
        for j in 0..p {
            let before = trial.h_before.iter().map(|row| row[j]);
            self.h_h.push(before.chain(trial.gram[j * width..j * width + p].iter().copied()).collect());
        }
        for (state, row) in self.state_h.iter_mut().zip(&trial.h_before) {
            *state = [row[p], row[p + 1]];
        }
        self.state_h.extend((0..p).map(|j| [trial.gram[h_end + j], trial.gram[r_end + j]]));
        self.state_state = [trial.gram[h_end + 2 * p], trial.gram[h_end + 2 * p + 1], trial.gram[r_end + 2 * p + 1]];
        for (state, values) in self.averages.iter_mut().zip(&trial.averages) {
            *state = [values[2 * p], values[2 * p + 1]];
        }
        self.last = trial.pairs.iter().map(|lanes| lanes[p - 1]).collect();
        self.last_averages = trial.sources.iter().map(|values| values[p - 1]).collect();
        for (laws, block) in self.laws.iter_mut().zip(trial.blocks) {
            laws.extend(block.into_laws());
        }
        self.rows.extend(trial.rows);
        self.panels.push(trial.panel);
    }
}

impl Trial {
    /// Second moment of r at node j.
    pub(super) fn r_second_moment(&self, j: usize) -> f64 {
        let p = self.rows.len();
        self.gram[(p + j) * (2 * p + 2) + p + j]
    }
}

/// \<v phi> of every probe v and \<phi>, times the weight of the class: M_v \<phi> + Cov(v, u) \<phi'>.
fn probed<'a>(
    class: &'a Class,
    probes: &'a [usize],
    covector: &'a Row,
    law: &'a Law,
) -> impl Iterator<Item = f64> + 'a {
    let slope = if law.deviation > 0.0 { law.slope / law.deviation } else { 0.0 };
    let average = move |v: &usize| class.mean_of(*v) * law.phi + covector.vectors[*v] * slope;
    probes.iter().map(average).chain([law.phi]).map(|value| class.weight * value)
}

fn largest_change(a: &[f64], b: &[f64]) -> f64 {
    let each = a.iter().zip(b).map(|(x, y)| (x - y).abs() / y.abs().max(1.0));
    each.fold(0.0, |worst, change| if change.is_nan() { f64::INFINITY } else { f64::max(worst, change) })
}
