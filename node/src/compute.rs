//! From a job's spec and artifacts to the digests of its units: all of them, or those that are asked for, run in
//! parallel, in bounded memory. A unit comes to the same whether it is computed alone or with all the others: that is
//! what lets anybody check a few of them.

mod capacity;
mod pool;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread;

use assay_sdk::merkle::{self, MerkleError};
use assay_sdk::result::ResultDocument;
use assay_sdk::spec::JobSpec;
use sha2::{Digest, Sha256};
use tokio::sync::oneshot;

use self::pool::Work;
use crate::artifacts::Artifacts;
use crate::runtime::limits::THREAD_STACK_BYTES;
use crate::runtime::{Runtime, RuntimeError, Stop, UnitOutput};

pub use self::capacity::Capacity;

/// Longest result, all outputs together, in bytes: they are held in memory until they are sealed.
pub const MAX_RESULT_BYTES: u64 = 1 << 30;

/// How the output of a unit begins that no machine can compute.
pub const FAILED: &str = "assay: this unit cannot be computed:";

/// Why there is no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ComputeError {
    /// The program cannot be run on this machine.
    #[error("the job cannot be computed: {0}")]
    Program(RuntimeError),
    /// A unit failed on this machine, which another one might not. Of several it is the first.
    #[error("unit {unit} cannot be computed: {source}")]
    Unit {
        /// The unit, counted from 0.
        unit: u64,
        /// Why.
        source: RuntimeError,
    },
    /// The outputs are too long together.
    #[error("the outputs are longer than {MAX_RESULT_BYTES} bytes together; split the job")]
    ResultTooLarge,
    /// The job has no units, or not these.
    #[error(transparent)]
    Merkle(#[from] MerkleError),
    /// Threads cannot be started or died.
    #[error("the units' threads failed: {0}; this machine is short of memory or processes")]
    Threads(String),
}

/// Whether a node tells the truth.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Honesty {
    /// It does.
    #[default]
    Honest,
    /// **For tests and demonstrations only:** the node alters every output, so that whatever it brings (a root, a
    /// sample, a juror's vote) is wrong and it can be seen slashed. With one salt it always tells the same lie; liars
    /// with different salts do not agree.
    Lie {
        /// Anything that is the node's own, such as its operator's public key.
        salt: [u8; 32],
    },
}

/// Which units of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Units {
    /// So many as it has.
    All(u64),
    /// These, in this order.
    Only(Vec<u64>),
}

impl Units {
    /// How many they are.
    pub fn count(&self) -> u64 {
        match self {
            Self::All(count) => *count,
            Self::Only(units) => units.len() as u64,
        }
    }

    /// The unit at a place among them.
    fn at(&self, place: u64) -> u64 {
        match self {
            Self::All(_) => place,
            Self::Only(units) => usize::try_from(place).ok().and_then(|at| units.get(at)).copied().unwrap_or(u64::MAX),
        }
    }

    /// One that a job of so many units does not have.
    fn beyond(&self, units: u64) -> Option<u64> {
        match self {
            Self::All(count) => (*count > units).then_some(units),
            Self::Only(list) => list.iter().copied().find(|unit| *unit >= units),
        }
    }

    fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        (0..self.count()).map(|place| self.at(place))
    }
}

/// Computed units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Computed {
    /// The units' digests, in their order.
    pub digests: Vec<[u8; 32]>,
    /// The units' outputs, in their order.
    pub outputs: Vec<Vec<u8>>,
    /// Fuel of all of them together.
    pub fuel_total: u64,
}

impl Computed {
    fn new(units: &Units, ran: Vec<UnitOutput>, honesty: &Honesty) -> Self {
        let fuel_total = ran.iter().fold(0u64, |sum, unit| sum.saturating_add(unit.fuel_used));
        let mut outputs: Vec<_> = ran.into_iter().map(|unit| unit.output).collect();
        if let Honesty::Lie { salt } = honesty {
            units.iter().zip(&mut outputs).for_each(|(unit, output)| lie(salt, unit, output));
        }
        let digests = units.iter().zip(&outputs).map(|(unit, output)| merkle::unit_digest(unit, output)).collect();
        Self { digests, outputs, fuel_total }
    }

    /// The result as a document for the requester, if these are all units of the job.
    ///
    /// # Errors
    /// [`ComputeError::Merkle`] for a job without units.
    pub fn into_document(self) -> Result<ResultDocument, ComputeError> {
        Ok(ResultDocument { root: merkle::root(&self.digests)?, outputs: self.outputs })
    }
}

/// What a unit comes to that fails on every machine alike: its output says why. Sealed like any other, it pays those who
/// found out, and tells the requester; without it whoever took a seat of such a job could only lose the bond.
fn failed(why: &str) -> UnitOutput {
    UnitOutput { output: format!("{FAILED} {why}").into_bytes(), fuel_used: 0, stderr: String::new() }
}

/// Appends a mark, so that the pretended output differs from the true one and still adds up to the pretended root.
fn lie(salt: &[u8; 32], unit: u64, output: &mut Vec<u8>) {
    output.extend(
        Sha256::new().chain_update(b"assay:lie").chain_update(salt).chain_update(unit.to_le_bytes()).finalize(),
    );
}

/// Computes units of a job: compiles the program once and runs them on threads of its own, as many as the machine's
/// `capacity` gives a job. Dropping the future stops the work, also the units that are running. `done` counts finished units, for progress and heartbeats.
///
/// # Errors
/// Any [`ComputeError`]: another machine, or another try, may do better. What fails everywhere alike is no error but
/// what the units come to.
pub async fn compute(
    spec: &JobSpec,
    artifacts: &Artifacts,
    runtime: Arc<dyn Runtime>,
    capacity: Arc<Capacity>,
    honesty: &Honesty,
    units: Units,
    done: Arc<AtomicU64>,
) -> Result<Computed, ComputeError> {
    if let Some(index) = units.beyond(spec.units) {
        return Err(MerkleError::OutOfRange { index, units: spec.units }.into());
    }
    let (spec, artifacts, honesty) = (spec.clone(), artifacts.clone(), honesty.clone());
    let stop = Stop::default();
    let _stop_on_drop = StopOnDrop(stop.clone());
    let (send, receive) = oneshot::channel();
    // A thread and not `spawn_blocking`, whose tasks tokio waits for when the node shuts down.
    let work = move || {
        let run = || {
            let unit_mib = spec.limits.memory_mib.into();
            let ran = match runtime.prepare(&spec, &artifacts.program, artifacts.input.clone()) {
                Ok(job) => {
                    let job = job.as_ref();
                    Work { job, units: &units, capacity: &capacity, unit_mib, stop: &stop, done: &done }.run()
                }
                Err(source) if source.is_deterministic() => {
                    Ok(all_failed(&units, &format!("the program failed with R{:02}", source.number())))
                }
                Err(source) => Err(ComputeError::Program(source)),
            };
            match ran {
                Ok(ran) => Ok(Computed::new(&units, ran, &honesty)),
                Err(ComputeError::ResultTooLarge) => {
                    let ran = all_failed(&units, "the outputs are too long together");
                    Ok(Computed::new(&units, ran, &honesty))
                }
                Err(error) => Err(error),
            }
        };
        // Nobody may be waiting any more.
        let _ = send.send(run());
    };
    thread::Builder::new()
        .name("compute".to_owned())
        .stack_size(THREAD_STACK_BYTES)
        .spawn(work)
        .map_err(|error| ComputeError::Threads(error.to_string()))?;
    receive.await.unwrap_or_else(|_| Err(ComputeError::Threads("the computing thread died".to_owned())))
}

fn all_failed(units: &Units, why: &str) -> Vec<UnitOutput> {
    units.iter().map(|_| failed(why)).collect()
}

struct StopOnDrop(Stop);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.set();
    }
}
