//! Bad input of every kind, one table: each row is refused with its typed error, in one line that names what is
//! wrong, the value found, and the limit or the mend.
//!
//! `faults_of` judges a row; that it can find fault is shown on planted rows.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashSet;
use std::ops::Range;

use faer::Mat;
use lowrank_connectivity::{
    Bulk, BulkKind, ConnectivityError, GaussianBulk, Network, Sampling, check_memory, draw_vectors,
    eigenvalues_with_gain, leading_eigenvalues,
};
use lowrank_integrate::{
    Adaptive, EulerMaruyama, IntegrateError, Method, Stepper, Tolerance, VectorField, integrate, solve_adaptive,
};
use lowrank_meanfield::{
    Autocovariance, Averages, MeanFieldError, PairAverage, Transient, TransientOptions, average, branches_along,
    chaotic_from, chaotic_solutions, continue_branch, end_of_structured_chaos, hopf_threshold, onset_of_chaos,
    stationary_branches, stationary_from, transient, transient_with,
};
use lowrank_model::Vector::{I, M, N, W};
use lowrank_model::{
    Empirical, Gaussian, Initial, Input, Layout, Mixture, Model, ModelError, Moments, OrderParameters, TimeCourse,
    Transfer, Variant, Vector,
};
use lowrank_simulate::{
    Field, Lyapunov, Observed, Protocol, SimulateError, Timing, initial_currents, lyapunov, simulate,
};
use lowrank_tests::{correlated_input, model, published};

const NAN: f64 = f64::NAN;
const INF: f64 = f64::INFINITY;

/// An error of any of the five crates.
#[derive(Debug)]
enum Refusal {
    Model(ModelError),
    Connectivity(ConnectivityError),
    Integrate(IntegrateError),
    Simulate(SimulateError),
    MeanField(MeanFieldError),
}

macro_rules! refusal_from {
    ($($variant:ident($error:ident)),+) => {
        $(impl From<$error> for Refusal {
            fn from(error: $error) -> Self {
                Self::$variant(error)
            }
        })+
        impl std::fmt::Display for Refusal {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self {
                    $(Self::$variant(error) => error.fmt(f)),+
                }
            }
        }
    };
}
refusal_from!(
    Model(ModelError),
    Connectivity(ConnectivityError),
    Integrate(IntegrateError),
    Simulate(SimulateError),
    MeanField(MeanFieldError)
);

struct Row {
    name: &'static str,
    build: fn() -> Result<(), Refusal>,
    expected: fn(&Refusal) -> bool,
    /// What is wrong, the value found, the limit or mend.
    says: [&'static str; 3],
}

/// A row: name, expression that must fail, pattern of the error, and what its message says.
macro_rules! row {
    ($name:literal, $build:expr, $pattern:pat, $says:expr) => {
        Row {
            name: $name,
            build: || {
                $build?;
                Ok(())
            },
            expected: |refusal| matches!(refusal, $pattern),
            says: $says,
        }
    };
}

/// What is wrong with how a row's input is refused; nothing if all is well.
fn faults_of(row: &Row) -> Vec<String> {
    let refusal = match (row.build)() {
        Ok(()) => return vec![format!("{}: accepted", row.name)],
        Err(refusal) => refusal,
    };
    let message = refusal.to_string();
    let mut faults = Vec::new();
    if !(row.expected)(&refusal) {
        faults.push(format!("{}: another error, {refusal:?}", row.name));
    }
    if message.lines().count() != 1 {
        faults.push(format!("{}: not one line, {message:?}", row.name));
    }
    let missing = row.says.iter().filter(|text| !message.contains(**text));
    faults.extend(missing.map(|text| format!("{}: no {text:?} in {message:?}", row.name)));
    faults
}

/// x' = f(x), one component.
struct Scalar(fn(f64) -> f64);

impl VectorField for Scalar {
    fn dimension(&self) -> usize {
        1
    }
    fn derivative(&mut self, _: f64, x: &[f64], out: &mut [f64]) {
        out[0] = (self.0)(x[0]);
    }
}

const DECAY: Scalar = Scalar(|x| -x);

fn steps(mut field: Scalar, mut state: Vec<f64>, interval: (f64, f64), steps: usize) -> Result<(), IntegrateError> {
    integrate(&mut Stepper::new(Method::Rk4, &field), &mut field, &mut state, interval, steps)
}

fn adaptive(mut field: Scalar, state: f64, relative: f64, absolute: f64) -> Result<Vec<f64>, IntegrateError> {
    solve_adaptive(Adaptive::Dopri5, &mut field, &[state], (0.0, 2.0), Tolerance { relative, absolute })
}

fn unstructured(g: f64, transfer: Transfer) -> Result<Model, ModelError> {
    Model::new(g, transfer, Variant::Current, Gaussian::unstructured(), Input::none())
}

fn given(n: usize, vectors: Vec<Vec<f64>>) -> Result<Empirical, ModelError> {
    Empirical::new(Layout::rank(1), n, vectors)
}

fn small() -> (Model, Network) {
    let model = model(1.0, Transfer::Tanh, Variant::Current, correlated_input());
    let network = Network::draw(&model, 8, Sampling::Independent, 1, 0).unwrap();
    (model, network)
}

fn timing() -> Timing {
    Timing { transient: 0.0, window: 10.0, interval: 0.5, step: 0.1 }
}

fn protocol(change: impl Fn(&mut Timing)) -> Result<Protocol, SimulateError> {
    let mut timing = timing();
    change(&mut timing);
    Protocol::new(timing, Method::Rk4)
}

/// Runs the small network under another model or from other states.
fn run(model: &Model, rows: usize, columns: usize, protocol: &Protocol) -> Result<Observed, SimulateError> {
    simulate(&small().1, model, Mat::from_fn(rows, columns, |_, _| 1.0).as_ref(), protocol, (1, 0))
}

fn noisy() -> Model {
    let input = Input::constant(&[1.0]).unwrap().with_noise(&[0.25]).unwrap();
    Model::new(1.0, Transfer::Tanh, Variant::Current, correlated_input(), input).unwrap()
}

/// Rank one, threshold-linear, overlap 5: activity grows without bound.
fn explosive() -> Result<Observed, SimulateError> {
    let moments = Moments::new(Layout::rank(1)).mean(M(0), 1.0).mean(N(0), 5.0).build()?;
    let model = model(0.0, Transfer::ThresholdLinear, Variant::Current, moments);
    let network = Network::draw(&model, 8, Sampling::Independent, 1, 0)?;
    let protocol = protocol(|t| t.window = 400.0)?;
    simulate(&network, &model, Mat::from_fn(8, 1, |_, _| 1.0).as_ref(), &protocol, (1, 0))
}

fn pair() -> PairAverage {
    PairAverage::new(Transfer::Tanh, 0.0, 2.0).unwrap()
}

fn chaotic() -> Autocovariance {
    chaotic_solutions(&unstructured(2.0, Transfer::Tanh).unwrap()).unwrap().remove(0).autocovariance().unwrap()
}

/// Threshold-linear with g = 3 and a mean input of one: no stationary state.
fn unbounded() -> Model {
    let ensemble = Moments::new(Layout::rank(0).with_inputs(1)).mean(I(0), 1.0).build().unwrap();
    model(3.0, Transfer::ThresholdLinear, Variant::Current, ensemble)
}

#[rustfmt::skip]
fn of_descriptions() -> Vec<Row> {
    use ModelError as E;
    use Refusal::Model as R;
    vec![
        row!("g negative", unstructured(-0.5, Transfer::Tanh),
            R(E::TooSmall { .. }), ["strength g", "is -0.5", ">= 0"]),
        row!("g NaN", unstructured(NAN, Transfer::Tanh),
            R(E::NotFinite { .. }), ["strength g", "is NaN", "a finite number"]),
        row!("other g infinite", unstructured(1.0, Transfer::Erf)?.with_g(INF),
            R(E::NotFinite { .. }), ["strength g", "is inf", "a finite number"]),
        row!("tau_s zero", Variant::two_timescale(0.0, 1.0), R(E::TooSmall { .. }), ["tau_s", "is 0", "> 0"]),
        row!("tau_r negative", Variant::two_timescale(1.0, -2.5), R(E::TooSmall { .. }), ["tau_r", "-2.5", "> 0"]),
        row!("tau_r infinite, not by its constructor",
            unstructured(1.0, Transfer::Tanh)?.with_variant(Variant::TwoTimescale { tau_s: 1.0, tau_r: INF }),
            R(E::NotFinite { .. }), ["tau_r", "inf", "a finite number"]),
        row!("unknown transfer", "relu".parse::<Transfer>(),
            R(E::UnknownName { .. }), ["transfer function", "relu", "threshold-linear"]),
        row!("mean NaN", Moments::new(Layout::rank(1)).mean(M(0), NAN).build(),
            R(E::NotFinite { .. }), ["mean of the vectors", "is NaN", "a finite number"]),
        row!("variance infinite", Moments::new(Layout::rank(1)).variance(M(0), INF).build(),
            R(E::NotFinite { .. }), ["covariance", "inf", "a finite number"]),
        row!("variance negative", Moments::new(Layout::rank(1)).variance(N(0), -1.0).build(),
            R(E::NotPositiveSemidefinite { .. }), ["covariance", "-1", ">= 0"]),
        row!("correlation above one",
            Moments::new(Layout::rank(1)).variance(M(0), 1.0).variance(N(0), 1.0).covariance(M(0), N(0), 1.25).build(),
            R(E::NotPositiveSemidefinite { .. }), ["positive semidefinite", "-0.25", "raise the variances"]),
        row!("covariance not symmetric", Gaussian::new(Layout::rank(1), vec![0.0; 2], vec![1.0, 0.5, 0.25, 1.0]),
            R(E::NotSymmetric { row: 1, column: 0, .. }), ["covariance[1][0]", "0.25", "same value"]),
        row!("means too few", Gaussian::new(Layout::rank(1), vec![0.0; 1], vec![0.0; 4]),
            R(E::Length { found: 1, expected: 2, .. }), ["mean", "1 entries", "2 rank"]),
        row!("covariances too many", Gaussian::new(Layout::rank(1), vec![0.0; 2], vec![0.0; 5]),
            R(E::Length { found: 5, expected: 4, .. }), ["covariance", "5 entries", "d x d"]),
        row!("input vector not there", Moments::new(Layout::rank(1)).mean(I(0), 1.0).build(),
            R(E::NoSuchVector { .. }), ["I[0]", "0 inputs", "counted from 0"]),
        row!("second m of rank one", Moments::new(Layout::rank(1)).covariance(M(1), N(0), 1.0).build(),
            R(E::NoSuchVector { .. }), ["m[1]", "rank 1", "counted from 0"]),
        row!("no neurons given", given(0, vec![vec![], vec![]]),
            R(E::TooSmall { .. }), ["number of neurons", "is 0", ">= 1"]),
        row!("one given vector for rank one", given(2, vec![vec![1.0; 2]]),
            R(E::Length { found: 1, expected: 2, .. }), ["vectors", "1 entries", "2 rank"]),
        row!("given vectors of two lengths", given(2, vec![vec![1.0; 2], vec![1.0; 3]]),
            R(E::Length { found: 3, expected: 2, .. }), ["vector 1", "3 entries", "one entry a neuron"]),
        row!("given entry NaN", given(2, vec![vec![1.0; 2], vec![1.0, NAN]]),
            R(E::NotFinite { .. }), ["vector 1", "NaN", "a finite number"]),
        row!("amplitude infinite", Input::constant(&[1.0, -INF]),
            R(E::NotFinite { .. }), ["amplitude", "-inf", "a finite number"]),
        row!("time of a step NaN", TimeCourse::step(NAN, 0.0, 1.0),
            R(E::NotFinite { .. }), ["time of an input", "is NaN", "a finite number"]),
        row!("times of an input backwards", TimeCourse::piecewise(0.0, &[(2.0, 1.0), (1.5, 0.0)]),
            R(E::TimesNotIncreasing { index: 1, .. }), ["time 1", "1.5", "increasing order"]),
        row!("noise negative", Input::constant(&[1.0])?.with_noise(&[-0.1]),
            R(E::TooSmall { .. }), ["noise", "-0.1", ">= 0"]),
        row!("noise for an input not there", Input::none().with_noise(&[0.5]),
            R(E::Length { found: 1, expected: 0, .. }), ["noise", "1 entries", "one noise strength"]),
        row!("no time course for an input", unstructured(1.0, Transfer::Tanh)?.with_ensemble(correlated_input()),
            R(E::Length { found: 0, expected: 1, .. }), ["input", "0 entries", "one time course"]),
        row!("no population", Mixture::new(vec![]), R(E::TooSmall { .. }), ["number of populations", "is 0", ">= 1"]),
        row!("weight zero", Mixture::new(vec![(1.0, published()), (0.0, published())]),
            R(E::TooSmall { .. }), ["weight of population 1", "is 0", "> 0"]),
        row!("weight infinite", Mixture::new(vec![(INF, published())]),
            R(E::NotFinite { .. }), ["weight of population 0", "inf", "a finite number"]),
        row!("populations of two layouts", Mixture::new(vec![(1.0, published()), (1.0, correlated_input())]),
            R(E::Length { found: 3, expected: 2, .. }), ["population 1", "3 entries", "the same rank"]),
        row!("private noise negative", unstructured(1.0, Transfer::Tanh)?.with_noise(-0.25),
            R(E::TooSmall { .. }), ["sigma", "-0.25", ">= 0"]),
        row!("private noise NaN", unstructured(1.0, Transfer::Tanh)?.with_noise(NAN),
            R(E::NotFinite { .. }), ["sigma", "is NaN", "a finite number"]),
        row!("initial deviation negative", initial(vec![], -0.5),
            R(E::TooSmall { .. }), ["deviation of the initial state", "-0.5", ">= 0"]),
        row!("initial coefficient NaN", initial(vec![(M(0), NAN)], 1.0),
            R(E::NotFinite { .. }), ["coefficient of the initial state", "is NaN", "a finite number"]),
        row!("initial state along nothing", initial(vec![(M(0), 1.0), (I(0), 1.0)], 1.0),
            R(E::NoSuchVector { .. }), ["I[0]", "0 inputs", "counted from 0"]),
    ]
}

#[rustfmt::skip]
fn of_networks() -> Vec<Row> {
    use ConnectivityError as E;
    use Refusal::Connectivity as R;
    vec![
        row!("no neurons", GaussianBulk::draw(0, 1, 0), R(E::TooFewNeurons { n: 0, .. }), ["N is", "is 0:", ">= 1"]),
        row!("too few to match", draw_vectors(&correlated_input().into(), 4, Sampling::Matched, 1, 0),
            R(E::TooFewNeurons { n: 4, limit: 5, .. }), ["N is", "is 4:", ">= 5"]),
        row!("given vectors of another N",
            draw_vectors(&small().1.vectors().clone().into(), 9, Sampling::Independent, 1, 0),
            R(E::SizeMismatch { n: 9, entries: 8 }), ["N is 9", "8 entries", "set N to 8"]),
        row!("bulk of another N", Network::new(1.0, GaussianBulk::draw(9, 1, 0)?, small().1.vectors().clone()),
            R(E::SizeMismatch { n: 9, entries: 8 }), ["N is 9", "8 entries", "set N to 8"]),
        row!("variance zero", GaussianBulk::draw_with_variance(8, 0.0, 1, 0),
            R(E::BadVariance { .. }), ["variance of the bulk", "is 0 / N", "> 0"]),
        row!("g of a network negative", Network::new(-1.5, GaussianBulk::draw(8, 1, 0)?, small().1.vectors().clone()),
            R(E::Model(ModelError::TooSmall { .. })), ["strength g", "is -1.5", ">= 0"]),
        row!("g of a network NaN", Network::new(NAN, GaussianBulk::draw(8, 1, 0)?, small().1.vectors().clone()),
            R(E::Model(_)), ["strength g", "is NaN", ">= 0"]),
        row!("more memory than there is", check_memory(80_000_000_000, 24_000_000_000),
            R(E::NotEnoughMemory { .. }), ["80.0 GB are needed", "24.0 GB", "smaller N"]),
        row!("sparse bulk without inputs", Bulk::<f64>::draw(BulkKind::Sparse { inputs: 0 }, 8, 1, 0),
            R(E::BadInputs { inputs: 0, n: 8 }), ["0 inputs a unit", "N is 8", "1 to 8"]),
        row!("sparse bulk of more inputs than neurons", Bulk::<f64>::draw(BulkKind::Sparse { inputs: 9 }, 8, 1, 0),
            R(E::BadInputs { inputs: 9, n: 8 }), ["9 inputs a unit", "N is 8", "1 to 8"]),
        row!("kind of bulk unknown", "sparse:many".parse::<BulkKind>(),
            R(E::BadBulkKind { .. }), ["kind of bulk", "sparse:many", "sparse:K"]),
        row!("gains too few", eigenvalues_with_gain(&small().1, &[1.0; 7]),
            R(E::WrongGains { found: 7, expected: 8 }), ["gains", "7", "8 neurons"]),
        row!("a gain infinite", eigenvalues_with_gain(&small().1, &[1.0, 1.0, 1.0, INF, 1.0, 1.0, 1.0, 1.0]),
            R(E::GainNotFinite { neuron: 3, .. }), ["neuron 3", "inf", "finite"]),
        row!("readout not there", small().1.vector(W(0)),
            R(E::Model(ModelError::NoSuchVector { .. })), ["w[0]", "0 readouts", "counted from 0"]),
        row!("leading eigenvalues, none", leading_eigenvalues(&small().1, &[1.0; 8], 0),
            R(E::BadCount { count: 0, n: 8 }), ["0 leading eigenvalues", "N is 8", "1 to 8"]),
        row!("leading eigenvalues, too many", leading_eigenvalues(&small().1, &[1.0; 8], 9),
            R(E::BadCount { count: 9, n: 8 }), ["9 leading eigenvalues", "N is 8", "1 to 8"]),
        row!("leading eigenvalues, gains too few", leading_eigenvalues(&small().1, &[1.0; 5], 1),
            R(E::WrongGains { found: 5, expected: 8 }), ["gains", "5", "8 neurons"]),
        row!("leading eigenvalues, gain NaN",
            leading_eigenvalues(&small().1, &[1.0, NAN, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0], 1),
            R(E::GainNotFinite { neuron: 1, .. }), ["neuron 1", "NaN", "finite"]),
        row!("leading eigenvalues beyond all numbers", leading_eigenvalues(&small().1, &[1e308; 8], 2),
            R(E::LeadingFailed { count: 2, .. }), ["2 leading eigenvalues", "residual of inf", "ask for fewer"]),
        row!("entries of a bulk missing", GaussianBulk::from_entries(3, vec![0.5; 8]),
            R(E::WrongEntries { found: 8, n: 3 }), ["8 entries", "N is 3", "N x N"]),
        row!("entry of a bulk infinite", GaussianBulk::from_entries(2, vec![0.5, -INF, 0.5, 0.5]),
            R(E::EntryNotFinite { row: 1, column: 0, .. }), ["(1, 0)", "-inf", "a finite number"]),
        row!("product of another shape", product(7, 2),
            R(E::WrongShape { .. }), ["7 x 2", "8 neurons", "8 x batch"]),
    ]
}

#[rustfmt::skip]
fn of_integrations() -> Vec<Row> {
    use IntegrateError as E;
    use Refusal::Integrate as R;
    vec![
        row!("blow-up", steps(Scalar(|x| x * x), vec![1.0], (0.0, 4.0), 400),
            R(E::NonFinite { index: 0, .. }), ["component 0", "time 1.", "lower the step"]),
        row!("state NaN", adaptive(DECAY, NAN, 1e-6, 1e-6),
            R(E::NonFinite { index: 0, .. }), ["component 0", "NaN", "lower the step"]),
        row!("steps without end", adaptive(Scalar(|x| -1e9 * (x - 1.0).signum()), 2.0, 1e-12, 0.0),
            R(E::StepFailed { .. }), ["adaptive step", "time", "loosen the tolerance"]),
        row!("interval backwards", steps(DECAY, vec![1.0], (1.0, 0.5), 5),
            R(E::BadInterval { .. }), ["interval", "[1, 0.5]", "not before the start"]),
        row!("end infinite", steps(DECAY, vec![1.0], (1.0, INF), 5),
            R(E::BadInterval { .. }), ["interval", "inf", "finite"]),
        row!("no step", steps(DECAY, vec![1.0], (0.0, 1.0), 0),
            R(E::BadSteps { steps: 0, .. }), ["steps", "is 0", "between 1 and"]),
        row!("too many steps", steps(DECAY, vec![1.0], (0.0, 1.0), 2_000_000_000),
            R(E::BadSteps { .. }), ["steps", "2000000000", "1000000000"]),
        row!("state too long", steps(DECAY, vec![1.0; 3], (0.0, 1.0), 5),
            R(E::WrongDimension { found: 3, expected: 1 }), ["state", "3 components", "one value a component"]),
        row!("noise of another dimension", EulerMaruyama::new(&DECAY, vec![vec![1.0; 2]]),
            R(E::WrongDimension { found: 2, expected: 1 }), ["components", "2 components", "field has 1"]),
        row!("relative tolerance zero", adaptive(DECAY, 1.0, 0.0, 1e-6),
            R(E::BadTolerance { .. }), ["relative", "is 0", ">= 1e-15"]),
        row!("absolute tolerance negative", adaptive(DECAY, 1.0, 1e-6, -1.0),
            R(E::BadTolerance { .. }), ["absolute", "-1", ">= 0"]),
        row!("private noise backwards", blocks(vec![(Range { start: 1, end: 0 }, 0.5)]),
            R(E::BadBlock { .. }), ["private noise", "1..0", "start <= end <= 1"]),
        row!("private noise beyond the state", blocks(vec![(0..3, 0.5)]),
            R(E::BadBlock { .. }), ["private noise", "0..3", "end <= 1"]),
        row!("private noise without end", blocks(vec![(0..1, 0.5), (0..1, INF)]),
            R(E::BadAmplitude { .. }), ["amplitude of private noise", "inf", "a finite number"]),
        row!("increments of private noise missing", increments(1),
            R(E::WrongDimension { found: 1, expected: 2 }), ["1", "2", "components"]),
    ]
}

#[rustfmt::skip]
fn of_simulations() -> Vec<Row> {
    use Refusal::Simulate as R;
    use SimulateError as E;
    vec![
        row!("transient negative", protocol(|t| t.transient = -1.0),
            R(E::BadTime { .. }), ["transient", "-1", ">= 0"]),
        row!("window infinite", protocol(|t| t.window = INF), R(E::BadTime { .. }), ["window", "inf", "finite"]),
        row!("interval zero", protocol(|t| t.interval = 0.0),
            R(E::BadTime { .. }), ["run.interval", "is 0", "> 0"]),
        row!("step NaN", protocol(|t| t.step = NAN), R(E::BadTime { .. }), ["run.step", "is NaN", "> 0"]),
        row!("samples without end", protocol(|t| t.interval = 1e-8),
            R(E::TooManySamples { .. }), ["samples", "1000000000", "lengthen run.interval"]),
        row!("lag between samples", protocol(|_| ())?.with_lags(&[1.0, 0.75]),
            R(E::LagOffGrid { .. }), ["lag", "0.75", "multiple of the sampling interval 0.5"]),
        row!("lag beyond the window", protocol(|_| ())?.with_lags(&[10.5]),
            R(E::LagOffGrid { .. }), ["lag", "10.5", "window 10"]),
        row!("lag negative", protocol(|_| ())?.with_lags(&[-0.5]),
            R(E::LagOffGrid { .. }), ["lag", "-0.5", "within the window"]),
        row!("states for other neurons", run(&small().0, 7, 1, &protocol(|_| ())?),
            R(E::BadShape { rows: 7, .. }), ["states", "7 x 1", "8 (neurons)"]),
        row!("no state", run(&small().0, 8, 0, &protocol(|_| ())?),
            R(E::BadShape { columns: 0, .. }), ["states", "8 x 0", "at least 1"]),
        row!("noise with Runge-Kutta", run(&noisy(), 8, 1, &protocol(|_| ())?),
            R(E::NoiseNeedsEuler { method: Method::Rk4 }), ["white noise", "rk4", "choose euler"]),
        row!("network of another model",
            Field::new(&small().1, &model(1.0, Transfer::Tanh, Variant::Rate, published()), 1),
            R(E::ModelMismatch { network_inputs: 1, model_inputs: 0, .. }), ["network", "1 inputs", "from this model"]),
        row!("kappa along nothing", run(&small().0, 8, 1, &protocol(|_| ())?.with_kappa_along(vec![W(0)])),
            R(E::Connectivity(ConnectivityError::Model(ModelError::NoSuchVector { .. }))),
            ["w[0]", "0 readouts", "counted from 0"]),
        row!("deviation negative", initial_currents(&small().1, &Initial { along: vec![], deviation: -0.5 }, 1, 1, 0),
            R(E::BadTime { .. }), ["deviation", "-0.5", ">= 0"]),
        row!("states along nothing",
            initial_currents(&small().1, &Initial { along: vec![(N(3), 1.0)], deviation: 0.0 }, 1, 1, 0),
            R(E::Model(ModelError::NoSuchVector { .. })), ["n[3]", "rank 1", "counted from 0"]),
        row!("activity without bound", explosive(),
            R(E::Unbounded { .. }), ["grows without bound", "time", "lower g or the overlaps"]),
        row!("private noise with Heun", run(&small().0.with_noise(0.5)?, 8, 1, &Protocol::new(timing(), Method::Heun)?),
            R(E::NoiseNeedsEuler { method: Method::Heun }), ["white noise", "heun", "choose euler"]),
        row!("exponent under noise", exponent(&noisy(), &protocol(|_| ())?),
            R(E::NoisyTangent), ["white noise", "Lyapunov exponent", "run.lyapunov"]),
        row!("exponent of a short window", exponent(&small().0, &protocol(|t| t.window = 0.75)?),
            R(E::BadTime { .. }), ["window", "0.75", ">= 1"]),
        row!("exponent over long intervals", exponent(&vanishing()?, &protocol(|t| (t.window, t.interval) = (8e3, 4e3))?),
            R(E::TangentLost { .. }), ["tangent vector", "factor", "shorten run.interval"]),
    ]
}

#[rustfmt::skip]
fn of_theory() -> Vec<Row> {
    use MeanFieldError as E;
    use Refusal::MeanField as R;
    vec![
        row!("variance of an average negative", Averages::new(Transfer::Tanh, 0.0, -0.5),
            R(E::BadArgument { .. }), ["variance", "-0.5", "[0, 1e100]"]),
        row!("mean of an average NaN", average(NAN, 1.0, f64::tanh),
            R(E::BadArgument { .. }), ["mean", "NaN", "1e6"]),
        row!("variance of a pair too large", PairAverage::new(Transfer::ThresholdLinear, 0.0, 1e11),
            R(E::BadArgument { .. }), ["variance", "100000000000", "1e6"]),
        row!("covariance above the variance", pair().covariance(2.5),
            R(E::BadCovariance { .. }), ["covariance", "2.5", "[-2, 2]"]),
        row!("covariance too negative", pair().slope(-2.1), R(E::BadCovariance { .. }), ["covariance", "-2.1", "[-2, 2]"]),
        row!("no stationary state", stationary_from(&unbounded(), &OrderParameters { kappa: vec![], ..structured() }),
            R(E::NoSolution { .. }), ["stationary solution", "best residual", "change g"]),
        row!("no chaos in the bracket",
            onset_of_chaos(&model(1.0, Transfer::Tanh, Variant::Current, published()), (0.5, 1.0)),
            R(E::NoSignChange { .. }), ["rho - 1", "0.5", "widen the bracket"]),
        row!("noise in stationary theory", stationary_branches(&noisy()),
            R(E::NoisyInput { input: 0, .. }), ["input 0", "0.25", "input.noise to 0"]),
        row!("units with noise of their own in stationary theory",
            stationary_branches(&unstructured(2.0, Transfer::Tanh)?.with_noise(0.75)?),
            R(E::NoStationaryState { .. }), ["sigma = 0.75", "nothing is stationary", "network.noise to 0"]),
        row!("noise in chaotic theory", chaotic_solutions(&noisy()),
            R(E::NoisyInput { input: 0, .. }), ["input 0", "0.25", "input.noise to 0"]),
        row!("end of structured chaos of an even phi",
            end_of_structured_chaos(&model(2.0, Transfer::Logistic, Variant::Current, published()), (2.0, 3.0)),
            R(E::WrongModel { .. }), ["end of structured chaos", "needs", "odd transfer function"]),
        row!("end of structured chaos below chaos",
            end_of_structured_chaos(&model(2.0, Transfer::Tanh, Variant::Current, published()), (0.5, 0.9)),
            R(E::WrongModel { .. }), ["end of structured chaos", "needs", "chaotic phase"]),
        row!("lag of Delta negative", chaotic().at(-1.0), R(E::BadTime { .. }), ["lag", "-1", ">= 0"]),
        row!("lag of Delta infinite", chaotic().at(INF), R(E::BadTime { .. }), ["lag", "inf", "finite"]),
        row!("sampling interval NaN", chaotic().window_loss(NAN, 10),
            R(E::BadTime { .. }), ["sampling interval", "NaN", "finite"]),
        row!("frequency negative", chaotic().spectrum(-2.0), R(E::BadTime { .. }), ["frequency", "-2", ">= 0"]),
        row!("lag of the rates NaN", chaotic().rate_second_moment(NAN),
            R(E::BadTime { .. }), ["lag", "NaN", "finite"]),
        row!("chaos from kappa of another rank", chaotic_from(&unstructured(2.0, Transfer::Tanh)?, &[structured()]),
            R(E::Model(ModelError::Length { found: 1, expected: 0, .. })), ["kappa", "1 entries", "one an outer product"]),
        row!("stationary from kappa of another rank", stationary_from(&unstructured(2.0, Transfer::Tanh)?, &structured()),
            R(E::Model(ModelError::Length { found: 1, expected: 0, .. })), ["kappa", "1 entries", "one an outer product"]),
        row!("continued over nothing", continue_branch(of_g, (1.0, 1.0), (1.0, &structured())),
            R(E::BadInterval { .. }), ["interval", "from 1 to 1", "the smaller one first"]),
        row!("continued to infinity", continue_branch(of_g, (1.0, INF), (1.0, &structured())),
            R(E::BadInterval { .. }), ["interval", "to inf", "finite ends"]),
        row!("continued from outside", continue_branch(of_g, (0.5, 0.75), (1.0, &structured())),
            R(E::StartOutside { .. }), ["starts at parameter 1", "0.75", "within the interval"]),
        row!("continued into what is no model", continue_branch(|g| of_g(g - 1.0), (0.5, 1.5), (1.0, &structured())),
            R(E::Model(ModelError::TooSmall { .. })), ["strength g", "is -0.", ">= 0"]),
        row!("continued with noise", continue_branch(|g| of_g(g)?.with_noise(0.5), (0.5, 1.5), (1.0, &structured())),
            R(E::NoStationaryState { .. }), ["sigma = 0.5", "nothing is stationary", "network.noise to 0"]),
        row!("continued from kappa of another rank",
            continue_branch(|g| unstructured(g, Transfer::Tanh), (0.5, 1.5), (1.0, &structured())),
            R(E::Model(ModelError::Length { found: 1, expected: 0, .. })), ["kappa", "1 entries", "one an outer product"]),
        row!("diagram backwards", branches_along(of_g, (2.0, 1.0), 3),
            R(E::BadInterval { .. }), ["interval", "from 2 to 1", "the smaller one first"]),
        row!("Hopf bracket NaN", hopf_threshold(of_g, (NAN, 1.0), &structured()),
            R(E::BadInterval { .. }), ["interval", "from NaN to 1", "finite ends"]),
        row!("Hopf without structure",
            hopf_threshold(|g| unstructured(g, Transfer::Tanh), (0.5, 0.9), &OrderParameters { kappa: vec![], ..structured() }),
            R(E::WrongModel { .. }), ["complex pair", "all real", "antisymmetric overlaps"]),
        row!("Hopf of a pair that does not grow", hopf_threshold(of_g, (0.5, 1.0), &structured()),
            R(E::NoSignChange { low: 0.5, high: 1.0, .. }), ["complex pair", "between 0.5", "widen the bracket"]),
        row!("Hopf from kappa of another rank",
            hopf_threshold(|g| unstructured(g, Transfer::Tanh), (0.5, 1.5), &structured()),
            R(E::Model(ModelError::Length { found: 1, expected: 0, .. })), ["kappa", "1 entries", "one an outer product"]),
        row!("transient without end", transient(&of_g(1.0)?, &Initial::default(), INF),
            R(E::BadOption { field: "end", .. }), ["end", "inf", "[1e-9, "]),
        row!("transient that ends before it starts", transient(&of_g(1.0)?, &Initial::default(), -1.0),
            R(E::BadOption { field: "end", .. }), ["end", "-1", "[1e-9, "]),
        row!("transient of no tolerance", with_options(|o| o.tolerance = 0.0),
            R(E::BadOption { field: "tolerance", .. }), ["tolerance", "is 0", "[1e-13, 0.01]"]),
        row!("transient of long panels", with_options(|o| o.panel = 250.0),
            R(E::BadOption { field: "panel", .. }), ["panel", "250", "100]"]),
        row!("transient of few nodes", with_options(|o| o.nodes = 3),
            R(E::BadOption { field: "nodes", .. }), ["nodes", "is 3", "[4e0, 16]"]),
        row!("transient under the noise of an input", transient(&noisy(), &Initial::default(), 1.0),
            R(E::NoisyInput { input: 0, .. }), ["input 0", "0.25", "input.noise to 0"]),
        row!("transient under private noise", transient(&of_g(1.0)?.with_noise(0.5)?, &Initial::default(), 1.0),
            R(E::WrongModel { .. }), ["transients", "0.5", "noise 0"]),
        row!("transient along nothing",
            transient(&of_g(1.0)?, &Initial { along: vec![(W(0), 1.0)], deviation: 0.0 }, 1.0),
            R(E::Model(ModelError::NoSuchVector { .. })), ["w[0]", "0 readouts", "counted from 0"]),
        row!("after the transient", transient(&of_g(1.0)?, &Initial::default(), 1.0)?.at(1.5),
            R(E::OutsideTransient { .. }), ["time 1.5", "outside the transient", "[0, 1]"]),
        row!("before the transient", transient(&of_g(1.0)?, &Initial::default(), 1.0)?.autocovariance(0.5, -0.5),
            R(E::OutsideTransient { .. }), ["time -0.5", "outside the transient", "[0, 1]"]),
    ]
}

/// Cases whose first messages led astray.
#[rustfmt::skip]
fn of_hard_cases() -> Vec<Row> {
    vec![
        row!("gains too many, one NaN", eigenvalues_with_gain(&five(), &[1.0, 1.0, 1.0, 1.0, 1.0, NAN]),
            Refusal::Connectivity(ConnectivityError::WrongGains { .. }), ["gains", "6", "5 neurons"]),
        row!("field NaN from the start", adaptive(Scalar(|_| NAN), 1.0, 1e-6, 1e-6),
            Refusal::Integrate(IntegrateError::NonFinite { index: 0, .. }), ["component 0", "NaN", "time 0"]),
        row!("excess from above to below", pair().mean_excess(1.0, 0.5),
            Refusal::MeanField(MeanFieldError::Reversed { .. }), ["from", "1", "0.5"]),
        row!("end of structured chaos of an even phi, value",
            end_of_structured_chaos(&model(2.0, Transfer::Logistic, Variant::Current, published()), (2.0, 3.0)),
            Refusal::MeanField(MeanFieldError::WrongModel { .. }), ["structured chaos", "logistic", "odd"]),
    ]
}

fn initial(along: Vec<(Vector, f64)>, deviation: f64) -> Result<Vec<f64>, ModelError> {
    Initial { along, deviation }.coefficients(&published().into())
}

fn product(rows: usize, columns: usize) -> Result<(), ConnectivityError> {
    let (v, mut out) = (Mat::<f64>::zeros(rows, columns), Mat::<f64>::zeros(rows, columns));
    small().1.apply(v.as_ref(), out.as_mut())
}

fn blocks(blocks: Vec<(Range<usize>, f64)>) -> Result<EulerMaruyama, IntegrateError> {
    EulerMaruyama::new(&DECAY, vec![])?.with_private_noise(blocks)
}

/// A step with one shared and one private noise, and so many increments.
fn increments(count: usize) -> Result<(), IntegrateError> {
    let mut method = EulerMaruyama::new(&DECAY, vec![vec![1.0]])?.with_private_noise(vec![(0..1, 1.0)])?;
    method.step(&mut Scalar(|x| -x), 0.0, 0.1, &vec![0.1; count], &mut [1.0])
}

fn exponent(model: &Model, protocol: &Protocol) -> Result<Lyapunov, SimulateError> {
    let network = Network::new(model.g(), GaussianBulk::draw(8, 1, 0)?, small().1.vectors().clone())?;
    lyapunov(&network, model, Mat::from_fn(8, 1, |_, _| 1.0).as_ref(), protocol, (1, 0))
}

/// Deviations shrink as e^-t: after 4000 units of time to nothing.
fn vanishing() -> Result<Model, SimulateError> {
    Ok(small().0.with_g(0.0)?.with_input(Input::constant(&[0.0])?)?)
}

/// \[MO18\]'s ensemble at any g.
fn of_g(g: f64) -> Result<Model, ModelError> {
    Model::new(g, Transfer::Tanh, Variant::Current, published(), Input::none())
}

/// A solution of its at g = 1.
fn structured() -> OrderParameters {
    stationary_branches(&of_g(1.0).unwrap()).unwrap().remove(0).order
}

fn with_options(change: impl Fn(&mut TransientOptions)) -> Result<Transient, MeanFieldError> {
    let mut options = TransientOptions::default();
    change(&mut options);
    transient_with(&of_g(1.0).unwrap(), &Initial::default(), 1.0, options)
}

fn five() -> Network {
    let vectors = Empirical::new(Layout::rank(0), 5, vec![]).unwrap();
    Network::new(1.0, GaussianBulk::draw(5, 1, 0).unwrap(), vectors).unwrap()
}

#[test]
fn impossible_covariances_of_extreme_size_are_refused() {
    let covariance = |variance: f64, covariance: f64| {
        let moments = Moments::new(Layout::rank(1)).variance(M(0), variance).variance(N(0), variance);
        moments.covariance(M(0), N(0), covariance).build()
    };
    // A covariance whose root is NaN, so that every draw fails later; a correlation of -5.
    assert!(covariance(1e308, 1e308).is_err());
    assert!(covariance(1e-13, -5e-13).is_err());
}

#[test]
fn every_row_is_refused_in_one_line_with_its_value_and_a_mend() {
    let rows: Vec<Row> =
        [of_descriptions(), of_networks(), of_integrations(), of_simulations(), of_theory(), of_hard_cases()]
            .into_iter()
            .flatten()
            .collect();
    assert!(rows.len() >= 30, "{} rows", rows.len());
    let names: HashSet<&str> = rows.iter().map(|row| row.name).collect();
    assert_eq!(names.len(), rows.len(), "two rows of one name");
    let faults: Vec<String> = rows.iter().flat_map(faults_of).collect();
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn planted_rows_are_found_at_fault() {
    let says = ["tau_s", "-3", "> 0"];
    let planted = [
        (row!("accepted", tau_s(1.0), Refusal::Model(_), says), "accepted"),
        (row!("another type", tau_s(-3.0), Refusal::Simulate(_), says), "another error"),
        (row!("another variant", tau_s(-3.0), Refusal::Model(ModelError::NotFinite { .. }), says), "another error"),
        (row!("another value", tau_s(-4.0), Refusal::Model(_), says), "no \"-3\""),
        (row!("two lines", Err::<(), _>(two_lines()), Refusal::Model(_), ["a", "b", "finite"]), "not one line"),
    ];
    for (row, fault) in &planted {
        let faults = faults_of(row);
        assert!(faults.len() == 1 && faults[0].contains(fault), "{}: {faults:?}", row.name);
    }
    assert_eq!(faults_of(&row!("right", tau_s(-3.0), Refusal::Model(ModelError::TooSmall { .. }), says)), [""; 0]);
}

fn tau_s(value: f64) -> Result<Variant, ModelError> {
    Variant::two_timescale(value, 1.0)
}

fn two_lines() -> ModelError {
    ModelError::NotFinite { field: "a\nb".to_owned(), value: NAN }
}
