//! What anybody may do, by the names of the programs' instructions.

use assay_sdk::anchor_lang::prelude::Pubkey as Address;
use clap::ValueEnum;
use serde::Serialize;
use solana_sdk::{instruction::Instruction, pubkey::Pubkey};

/// What can be due.
#[derive(Clone, Copy, Debug, ValueEnum, Serialize, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Capture the seed of a job's sortition, or of a re-check
    Draw,
    /// Count a round
    Finalize,
    /// Pay a milestone that nobody objected to
    ReleaseMilestone,
    /// Pay or release a seat
    Settle,
    /// Slash a seat that lost
    SlashSeat,
    /// Slash a seat that brought nothing in time
    ExpireSeat,
    /// End a job that nobody sat down for
    ExpireJob,
    /// Pay a royalty that is due
    PayRoyalty,
    /// Give a requester back what nobody is owed, while the job cannot be closed yet
    Refund,
    /// Refund and close a job with its round
    CloseJob,
    /// Clear away a round whose job is gone
    CloseRound,
    /// Capture the seed of a jury
    DrawJury,
    /// Count a jury's votes
    ResolveCase,
    /// End a case as its juries found, or because its job ended
    ConcludeCase,
    /// Pay what a case owes
    PayCase,
    /// Release and pay a juror
    SettleBallot,
    /// Slash a juror
    SlashBallot,
    /// Close a case
    CloseCase,
    /// Return what an operator had at stake in the cases about a job
    ReturnSurety,
    /// Close a bid that can be awarded no more
    WithdrawBid,
    /// Close an attestor that is revoked or expired
    CloseAttestor,
    /// Close a proof key whose notice is over
    CloseKey,
    /// Close a canary that was never revealed
    CloseCanary,
    /// Begin staking's epoch, and find new rewards
    AdvanceEpoch,
    /// Weigh a pool anew after a slash or a jail
    SyncWeight,
    /// Pay out an unbonded ticket
    Withdraw,
    /// Mint an epoch's emission
    EmitEpoch,
    /// Share out collected fees
    CollectFees,
    /// End a distribution that has expired
    SweepDistribution,
    /// Count the vote on a proposal
    FinishVote,
    /// Run the next action of a proposal
    Execute,
    /// Close an action of a proposal that is over
    CloseAction,
    /// Close a proposal that is over
    CloseProposal,
    /// Close a vote on a proposal whose vote has ended
    CloseVote,
}

impl Kind {
    /// As on the command line.
    pub fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// Whether it may pay whoever sends it.
    pub fn may_pay(self) -> bool {
        use Kind::*;
        matches!(self, Draw | Finalize | Settle | SlashSeat | ExpireSeat | ExpireJob | CloseJob | ConcludeCase)
    }
}

/// What tells one crank from another, however often it is found.
pub type Name = (Kind, Pubkey, u64);

/// A token account that must be there: an owner's associated one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receiver {
    pub owner: Pubkey,
    pub mint: Pubkey,
    /// Whether whoever sends the crank earns enough by it to make the account where it is missing.
    pub worth_making: bool,
}

/// Something that is due.
#[derive(Clone, Debug, PartialEq)]
pub struct Crank {
    pub kind: Kind,
    /// What it is about: a job, a case, a seat, a ticket, …
    pub subject: Pubkey,
    /// Which of several of a kind about a subject.
    pub nth: u64,
    /// Whether it pays whoever sends it.
    pub pays: bool,
    pub work: Vec<Instruction>,
    pub into: Vec<Receiver>,
}

impl Crank {
    pub fn new(kind: Kind, subject: &Address, work: Vec<Instruction>) -> Self {
        Self { kind, subject: *subject, nth: 0, pays: false, work, into: vec![] }
    }

    /// That pays a bounty of `lamports`, if that is one.
    pub fn for_bounty(self, lamports: u32) -> Self {
        Self { pays: lamports > 0, ..self }
    }

    /// Number `nth` of its kind about its subject.
    pub fn nth(self, nth: u64) -> Self {
        Self { nth, ..self }
    }

    /// That pays into an owner's account.
    pub fn into(mut self, owner: &Address, mint: &Address) -> Self {
        self.into.push(Receiver { owner: *owner, mint: *mint, worth_making: false });
        self
    }

    /// Likewise, where the account is made if it is missing.
    pub fn into_made(mut self, owner: &Address, mint: &Address) -> Self {
        self.into.push(Receiver { owner: *owner, mint: *mint, worth_making: true });
        self
    }

    pub fn name(&self) -> Name {
        (self.kind, self.subject, self.nth)
    }
}
