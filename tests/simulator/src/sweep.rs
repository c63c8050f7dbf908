//! Many markets: every strategy against every adversary of every size.

use serde::Serialize;
use solana_sha256_hasher::hashv;

use crate::{Params, Policy, Strategy, exact, ledger::Ledger, market::Market};

/// One market of a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Cell {
    pub strategy: Strategy,
    pub policy: Policy,
    /// The adversary's share of all stake, in percent.
    pub share: u8,
}

/// What to play.
#[derive(Clone, Debug, Serialize)]
pub struct Sweep {
    pub seed: u64,
    /// Jobs that count, in each market.
    pub jobs: u32,
    pub params: Params,
    #[serde(skip)]
    pub cells: Vec<Cell>,
}

/// What a market showed.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    #[serde(flatten)]
    pub cell: Cell,
    /// Wrong results that were accepted, of all jobs.
    pub fraud: f64,
    /// What a plain quorum's fraud is where all adversaries collude: the binomial tail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exact: Option<f64>,
    /// Jobs that were refunded, of all jobs.
    pub unresolved: f64,
    /// Work computed again, where computing each job once is 1.
    pub overhead: f64,
    /// What the honest lost, in prices of a seat, for each job.
    pub honest_loss: f64,
    /// What requesters got of slashes and watchers of bonds, likewise.
    pub compensated: f64,
    /// What the adversary won beyond what honest work on its seats would have brought, in prices of a seat, for each of
    /// its seats.
    pub profit: f64,
    /// What each accepted fraud must be worth to the adversary besides, in prices of a seat, for its profit to be zero;
    /// none where there was no fraud, or where it profits already.
    pub worth: Option<f64>,
    pub ledger: Ledger,
}

impl Cell {
    /// Its own seed: a market plays alike whatever else is played.
    fn seed(&self, seed: u64) -> u64 {
        let name = format!("{}/{}/{}", self.strategy, self.policy, self.share);
        let hash = hashv(&[b"assay:simulator", &seed.to_le_bytes(), name.as_bytes()]).to_bytes();
        hash.iter().take(8).fold(0, |seed, byte| seed << 8 | u64::from(*byte))
    }
}

impl Sweep {
    /// Jobs of all markets, those that only make reputations included.
    pub fn total(&self) -> u64 {
        self.cells.len() as u64 * u64::from(self.jobs.saturating_add(self.params.warmup))
    }

    /// Play one of its markets.
    pub fn play(&self, cell: Cell) -> Row {
        let share = f64::from(cell.share) / 100.0;
        let mut market = Market::new(&self.params, cell.policy, share, cell.seed(self.seed));
        let ledger = market.run(cell.strategy, self.jobs);
        row(cell, &self.params, ledger)
    }
}

fn row(cell: Cell, params: &Params, ledger: Ledger) -> Row {
    let jobs = ledger.jobs.max(1) as f64;
    let price = params.price as f64;
    let per_job = |amount: u64| amount as f64 / price / jobs;
    let profit = ledger.adversary.profit() as f64 / price;
    let plain = cell.strategy.terms().filter(|terms| !terms.secured && cell.policy == Policy::Colluding);
    Row {
        cell,
        fraud: ledger.fraud as f64 / jobs,
        exact: plain.map(|terms| exact::capture(terms.replicas, terms.quorum, f64::from(cell.share) / 100.0)),
        unresolved: ledger.unresolved as f64 / jobs,
        overhead: per_job(ledger.executed) - 1.0,
        honest_loss: per_job(ledger.honest_loss()),
        compensated: per_job(ledger.compensated + ledger.rewards),
        profit: profit / ledger.adversary.seats.max(1) as f64,
        worth: (ledger.fraud > 0 && profit < 0.0).then(|| -profit / ledger.fraud as f64),
        ledger,
    }
}
