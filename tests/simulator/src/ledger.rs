//! Who paid, earned and lost what, in base units of ASY.

use serde::Serialize;

/// One side's money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Purse {
    /// Seats that sealed or delivered, and those that vanished.
    pub seats: u64,
    /// Payments for results.
    pub paid: u64,
    /// What its computing cost.
    pub cost: u64,
    /// Of that, what was paid by nobody.
    pub unpaid: u64,
    /// Stake and bonds lost.
    pub slashed: u64,
    /// Bonds of others won, and a requester's part of slashes where the adversary is the requester.
    pub won: u64,
    /// What it paid for jobs of its own.
    pub spent: u64,
    /// What the same seats would have earned with honest work.
    pub opportunity: u64,
}

impl Purse {
    /// What is left after what it cost and what honesty would have earned.
    pub fn profit(&self) -> i128 {
        let [paid, won, cost, slashed, spent, opportunity] =
            [self.paid, self.won, self.cost, self.slashed, self.spent, self.opportunity].map(i128::from);
        paid + won - cost - slashed - spent - opportunity
    }
}

/// The market's accounts of the jobs that count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ledger {
    pub jobs: u64,
    /// Jobs that ended with the right result.
    pub right: u64,
    /// Jobs that ended with a wrong result.
    pub fraud: u64,
    /// Jobs that were refunded.
    pub unresolved: u64,
    /// What all computing that was asked for is worth, where one execution of each job is worth its price.
    pub executed: u64,
    /// Juries called, appeals counted.
    pub juries: u64,
    pub honest: Purse,
    pub adversary: Purse,
    /// What requesters paid for wrong results.
    pub paid_for_wrong: u64,
    /// What requesters got of slashes.
    pub compensated: u64,
    /// What honest requesters and watchers paid for watching, and in bonds to be right.
    pub watching: u64,
    /// What watchers won of the bonds of those they found.
    pub rewards: u64,
}

/// How a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Right,
    Fraud,
    Unresolved,
}

impl Ledger {
    /// What honest operators, requesters and watchers lost, before requesters' parts of slashes and watchers' rewards.
    pub fn honest_loss(&self) -> u64 {
        self.honest.slashed + self.honest.unpaid + self.paid_for_wrong + self.watching
    }

    /// Count a job's end.
    pub fn end(&mut self, end: End) {
        self.jobs += 1;
        let count = match end {
            End::Right => &mut self.right,
            End::Fraud => &mut self.fraud,
            End::Unresolved => &mut self.unresolved,
        };
        *count += 1;
    }
}
