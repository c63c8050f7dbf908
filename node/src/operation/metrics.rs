//! Prometheus metrics. What the node's [`Status`] says is set from it when somebody asks; what happens in between is
//! counted where it happens, by the functions here.

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{Mutex, PoisonError},
};

use metrics::{counter, gauge};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use crate::{
    agent::status::{Status, Work, unix_now},
    market::Action,
};

/// Every metric: its name, its meaning and its unit, and whether it only grows.
pub const ALL: [(&str, &str, bool); 24] = [
    ("assay_node_info", "1, with the operator and the version as labels", false),
    ("assay_node_uptime_seconds", "Seconds since the node started", false),
    ("assay_node_ready", "1 if the node can work, else 0", false),
    ("assay_node_draining", "1 if the node takes nothing new, as its operator told it", false),
    ("assay_node_halted", "1 if the node takes nothing new because something is wrong with its machine", false),
    ("assay_node_jobs", "Seats and chairs held, by their state on chain", false),
    ("assay_node_slots", "Room: slots of the device, how many are busy, jobs at once, how many compute", false),
    ("assay_node_units", "Units of the jobs at hand: done, and all", false),
    ("assay_node_units_computed_total", "Units computed", true),
    ("assay_node_fuel_total", "Fuel burned", true),
    ("assay_node_seals_total", "Results and votes sealed or delivered", true),
    ("assay_node_reveals_total", "Results and votes revealed", true),
    ("assay_node_actions_total", "What the node did, by action and outcome: done, refused or failed", true),
    ("assay_node_earned_base_units_total", "What settled seats have paid, by mint", true),
    (
        "assay_node_bonds_base_units",
        "ASY: locked (at risk), locked if all bids win, most that the policy allows, staked",
        false,
    ),
    ("assay_node_refusals_total", "Jobs that the policy refused, by reason", true),
    ("assay_node_errors_total", "Errors of all kinds", true),
    ("assay_node_rpc_errors_total", "Questions and transactions that the chain's RPC did not take", true),
    ("assay_node_chain_slot", "Slot of the last look at the chain", false),
    ("assay_node_chain_age_seconds", "Seconds since the last look at the chain that did not fail", false),
    ("assay_node_clock_skew_seconds", "This machine's clock less the chain's", false),
    ("assay_node_deadline_seconds", "Seconds to the next deadline by the chain's clock; +Inf without one", false),
    ("assay_node_journal_entries", "Answers that the journal holds", false),
    ("assay_node_artifact_bytes", "Bytes of fetched artifacts on disk", false),
];

/// Renders what was counted.
pub struct Metrics {
    handle: PrometheusHandle,
    /// Labels that were set once: what is there no more is zero, not what it was.
    states: Mutex<BTreeSet<String>>,
}

/// Why nothing is counted.
#[derive(Debug, thiserror::Error)]
#[error("metrics cannot be set up: {0}; this process has another recorder already")]
pub struct NoMetrics(String);

/// What is not in the status.
#[derive(Clone, Copy, Debug, Default)]
pub struct Besides {
    /// Whether the node can work.
    pub ready: bool,
    /// Answers in the journal; nothing while it cannot be read.
    pub journal: Option<u64>,
    /// Bytes of artifacts.
    pub artifacts: u64,
}

impl Metrics {
    /// Count from now on, in this process.
    ///
    /// # Errors
    /// [`NoMetrics`] when it does already.
    pub fn install() -> Result<Self, NoMetrics> {
        let handle = PrometheusBuilder::new().install_recorder().map_err(|why| NoMetrics(why.to_string()))?;
        Ok(Self::over(handle))
    }

    fn over(handle: PrometheusHandle) -> Self {
        for (name, meaning, grows) in ALL {
            if grows {
                metrics::describe_counter!(name, meaning);
            } else {
                metrics::describe_gauge!(name, meaning);
            }
        }
        // There from the start, so that rates are right from the first one on.
        for name in ["units_computed", "fuel", "seals", "reveals", "rpc_errors"] {
            counter!(format!("assay_node_{name}_total")).increment(0);
        }
        Self { handle, states: Mutex::default() }
    }

    /// Everything, as Prometheus reads it.
    pub fn render(&self, status: &Status, besides: Besides) -> String {
        self.set(status, besides);
        self.handle.render()
    }

    fn set(&self, status: &Status, besides: Besides) {
        let (operator, version) = (status.operator.clone(), env!("CARGO_PKG_VERSION"));
        gauge!("assay_node_info", "operator" => operator, "version" => version).set(1.0);
        gauge!("assay_node_uptime_seconds").set(status.uptime_seconds as f64);
        for (name, is) in
            [("ready", besides.ready), ("draining", status.draining), ("halted", status.errors.halted.is_some())]
        {
            gauge!(format!("assay_node_{name}")).set(f64::from(u8::from(is)));
        }
        self.set_work(status);
        for (mint, earned) in &status.earned {
            counter!("assay_node_earned_base_units_total", "mint" => mint.clone()).absolute(earned.0);
        }
        let bonds = &status.bonds;
        let most = bonds.most.map_or(f64::INFINITY, |most| most.0 as f64);
        let kinds =
            [("locked", bonds.locked as f64), ("bidding", bonds.bidding as f64), ("staked", bonds.staked as f64)];
        for (kind, amount) in kinds.into_iter().chain([("most", most)]) {
            gauge!("assay_node_bonds_base_units", "kind" => kind).set(amount);
        }
        for (reason, count) in &status.refusals {
            counter!("assay_node_refusals_total", "reason" => reason.clone()).absolute(u64::from(*count));
        }
        counter!("assay_node_errors_total").absolute(status.errors.count);
        let (chain, now) = (&status.chain, unix_now());
        gauge!("assay_node_chain_slot").set(chain.slot as f64);
        gauge!("assay_node_clock_skew_seconds").set(chain.skew_seconds as f64);
        let seen = if chain.read_at == 0 { status.started_at } else { chain.read_at };
        gauge!("assay_node_chain_age_seconds").set(now.saturating_sub(seen).max(0) as f64);
        let next = next_deadline(status, now).map_or(f64::INFINITY, |left| left as f64);
        gauge!("assay_node_deadline_seconds").set(next);
        if let Some(entries) = besides.journal {
            gauge!("assay_node_journal_entries").set(entries as f64);
        }
        gauge!("assay_node_artifact_bytes").set(besides.artifacts as f64);
    }

    fn set_work(&self, status: &Status) {
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        states.extend(status.jobs.iter().map(|work| work.state.clone()));
        for state in states.iter() {
            let count = status.jobs.iter().filter(|work| work.state == *state).count();
            gauge!("assay_node_jobs", "state" => state.clone()).set(count as f64);
        }
        let slots = &status.slots;
        let kinds = [
            ("device", u32::from(slots.device)),
            ("busy", u32::from(slots.busy)),
            ("jobs", slots.jobs),
            ("computing", slots.computing),
        ];
        for (kind, count) in kinds {
            gauge!("assay_node_slots", "kind" => kind).set(f64::from(count));
        }
        let sum = |of: fn(&Work) -> u64| status.jobs.iter().map(|work| of(work) as f64).sum::<f64>();
        gauge!("assay_node_units", "kind" => "done").set(sum(|work| work.units_done));
        gauge!("assay_node_units", "kind" => "all").set(sum(|work| work.units_total));
    }
}

/// Seconds from `now`, by this machine's clock, to the next deadline, by the chain's; negative when it is over.
pub fn next_deadline(status: &Status, now: i64) -> Option<i64> {
    let chain_now = now.saturating_sub(status.chain.skew_seconds);
    status.deadlines.iter().map(|deadline| deadline.at.saturating_sub(chain_now)).min()
}

/// Units were computed, with this fuel together.
pub fn computed(units: u64, fuel: u64) {
    counter!("assay_node_units_computed_total").increment(units);
    counter!("assay_node_fuel_total").increment(fuel);
}

/// How something that the node did came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done.
    Done,
    /// Somebody was faster, or its time has not come.
    Refused,
    /// It will be tried again.
    Failed,
}

/// The node did something, and it came out so.
pub fn acted(action: &Action, outcome: Outcome) {
    let name = match action {
        Action::Case { step, .. } => first_word(step),
        action => first_word(action),
    };
    match (outcome, name.as_str()) {
        (Outcome::Done, "Compute" | "Judge") => counter!("assay_node_seals_total").increment(1),
        (Outcome::Done, "Reveal" | "Vote") => counter!("assay_node_reveals_total").increment(1),
        _ => {}
    }
    let outcome = first_word(&outcome).to_ascii_lowercase();
    counter!("assay_node_actions_total", "action" => name, "outcome" => outcome).increment(1);
}

/// The name of a variant, without its fields.
fn first_word(variant: &impl std::fmt::Debug) -> String {
    format!("{variant:?}").chars().take_while(|c| c.is_ascii_alphanumeric()).collect()
}

/// The chain's RPC did not take a question or a transaction.
pub fn rpc_failed() {
    counter!("assay_node_rpc_errors_total").increment(1);
}

/// Bytes of all files in a folder and those below; 0 if it is not there.
pub fn folder_bytes(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let size = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => folder_bytes(&entry.path()),
        Ok(meta) => meta.len(),
        Err(_) => 0,
    };
    entries.map(size).fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests;
