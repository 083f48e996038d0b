//! The tasks by name.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::search::Search;
use crate::{Task, TaskError, cycle, detection, discrimination, go_nogo, integration, ring};

/// A task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TaskName {
    /// Go/Nogo discrimination.
    GoNogo,
    /// Detection of a noisy stimulus.
    Detection,
    /// Context-dependent discrimination.
    Discrimination,
    /// Context-dependent integration of evidence.
    Integration,
    /// Ring attractor.
    Ring,
    /// Limit cycle.
    Cycle,
}

impl TaskName {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::GoNogo, Self::Detection, Self::Discrimination, Self::Integration, Self::Ring, Self::Cycle];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::GoNogo => "go-nogo",
            Self::Detection => "detection",
            Self::Discrimination => "context-discrimination",
            Self::Integration => "evidence-integration",
            Self::Ring => "ring",
            Self::Cycle => "limit-cycle",
        }
    }

    /// The task with its own parameters.
    ///
    /// # Errors
    /// None that these parameters have.
    pub fn task(self) -> Result<Task, TaskError> {
        match self {
            Self::GoNogo => go_nogo(),
            Self::Detection => detection::detection(),
            Self::Discrimination => discrimination::discrimination(&discrimination::FOUND),
            Self::Integration => integration::integration(&integration::FOUND),
            Self::Ring => ring::ring(),
            Self::Cycle => cycle(),
        }
    }

    /// The task with the parameters that were published, where they are others than its own.
    ///
    /// # Errors
    /// Theory that cannot do the task with them.
    pub fn published(self) -> Option<Result<Task, TaskError>> {
        (self == Self::Discrimination).then(|| discrimination::discrimination(&discrimination::PAPER))
    }

    /// The search for its parameters; none where they are given.
    pub fn search(self, seed: u64) -> Option<Search> {
        match self {
            Self::Discrimination => Some(discrimination::search(seed)),
            Self::Integration => Some(integration::search(seed)),
            Self::GoNogo | Self::Detection | Self::Ring | Self::Cycle => None,
        }
    }
}

impl fmt::Display for TaskName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for TaskName {
    type Err = TaskError;

    fn from_str(name: &str) -> Result<Self, TaskError> {
        Self::ALL.into_iter().find(|task| task.name() == name).ok_or_else(|| TaskError::UnknownTask {
            name: name.to_owned(),
            known: Self::ALL.map(Self::name).join(", "),
        })
    }
}
