//! The command line of `assay job`.

use std::path::PathBuf;

use assay_sdk::escrow::{MAX_ATTESTORS, MAX_REPLICAS, MAX_SAMPLES};
use clap::{Args, Subcommand, ValueEnum};
use solana_sdk::pubkey::Pubkey;

use super::{Estimate, New, Results, TopUp, Validate};
use crate::{amount, config, duration};

#[derive(Subcommand)]
pub enum JobCommand {
    /// Write the spec of a new job, from a template
    New(New),
    /// Check a spec and its files, and see what its units write before anything is paid
    Validate(Validate),
    /// What a job will cost, how long it takes, and who may compute it
    Estimate(Estimate),
    /// Post a job: upload its files, lock its payment, open its round
    Post(Post),
    /// List jobs, newest first
    List(List),
    /// Show one job with its seats and timeline
    Show(Show),
    /// Follow a job until it ends
    Watch(Watch),
    /// Offer more for a job that nobody has a seat of, or give it more time
    TopUp(TopUp),
    /// Fetch the outputs of a job, checked against the root on the chain
    Results(Results),
    /// Take back a job that nobody has a seat of, with all its payment and rent
    Cancel {
        /// The job
        #[arg(value_name = "ADDRESS")]
        job: Pubkey,
    },
    /// Accept what was delivered: its operator is paid at once
    Accept {
        /// The job
        #[arg(value_name = "ADDRESS")]
        job: Pubkey,
    },
    /// Object to a unit of what an optimistic job's operator delivered: a jury computes it again
    Challenge(Dispute),
    /// Object to a unit of what an accepted job's operator delivered, as its requester: a jury computes it again
    Reject(Dispute),
    /// Show the disputes about a job, with their juries
    Cases {
        /// The job
        #[arg(value_name = "ADDRESS")]
        job: Pubkey,
    },
    /// Account for a job from the chain alone: who computed, who was paid, who was slashed, what it cost
    Report(Report),
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  assay job post examples/orf-kmer/job.json --watch
  assay job post job.json --mint MINT --price-per-unit 0.05 --replicas 5 --quorum 3 --class 1 --deadline 2h
  assay job post job.json --replicas 2 --most 7 --adaptive          more are asked only where two disagree
  assay job post job.json --strategy sampled --samples 16 --committee 3
  assay job post job.json --strategy optimistic --window 24h        anybody may challenge it for a day
  assay job post job.json --strategy proven --key PROOF_KEY
  assay job post job.json --strategy attested --registrar WALLET --threshold 2
  assay job post job.json --strategy accepted --window 2d           you review it; your silence pays
  assay job post job.json --strategy accepted --auction             operators bid, you award: `assay market bids`
  assay job post job.json --strategy accepted --private --to OPERATOR    for your and its eyes only

You pay for every seat that may ever be asked for, and get back what is not used.")]
pub struct Post {
    /// The job spec; uris of program and input may be paths relative to it
    #[arg(value_name = "SPEC.json")]
    pub spec: PathBuf,
    /// What to pay in [default on a localnet: its test dollar]
    #[arg(long)]
    pub mint: Option<Pubkey>,
    /// For each unit that an operator computes, decimal
    #[arg(long, value_name = "AMOUNT", default_value = "0.01", value_parser = amount::decimal)]
    pub price_per_unit: String,
    /// How its result is judged
    #[arg(long, value_enum, default_value = "replicated")]
    pub strategy: StrategyName,
    #[command(flatten)]
    pub terms: StrategyTerms,
    /// Take bids, of which you award one, instead of drawing who computes: see `assay market bids`
    #[arg(long)]
    pub auction: bool,
    /// The size of the job: 0 to 4
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=4))]
    pub class: u8,
    /// Time from now until all results must be sealed, such as 90s, 30m, 2h, 1d [default: 30m, or what the class allows]
    #[arg(long, value_name = "TIME", value_parser = duration::seconds)]
    pub deadline: Option<u32>,
    /// A model that the job uses: its payee gets its royalty, a part of what operators are paid; four at most
    #[arg(long = "model", value_name = "MODEL")]
    pub models: Vec<Pubkey>,
    /// Encrypt the input, so that only you and the operators named with --to can read it, and the result, so that only you can.
    /// No other operator can take a seat, nor judge: see docs/private.md
    #[arg(long, requires = "to")]
    pub private: bool,
    /// private: an operator that may compute it, once for each; at least as many as seats
    #[arg(long, value_name = "OPERATOR", requires = "private")]
    pub to: Vec<Pubkey>,
    /// Follow it until it ends
    #[arg(long)]
    pub watch: bool,
}

/// How a result is judged.
#[derive(Clone, Copy, Debug, ValueEnum, PartialEq, Eq)]
pub enum StrategyName {
    /// Several compute the same, and so many must agree
    Replicated,
    /// One computes; a drawn committee computes drawn units again
    Sampled,
    /// One computes; whoever doubts a unit challenges it, to a jury
    Optimistic,
    /// One computes and proves it, to a registered key
    Proven,
    /// One computes; registered attestors sign for it
    Attested,
    /// One computes; you accept it, or reject it to a jury
    Accepted,
}

/// What the strategies ask for; each flag says whose it is.
#[derive(Args, Default)]
#[command(next_help_heading = "Terms of the strategy")]
pub struct StrategyTerms {
    /// replicated: how many operators compute it, 2 to 7 [default: 3]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(2..=i64::from(MAX_REPLICAS)))]
    pub replicas: Option<u8>,
    /// replicated: how many must agree [default: the least that is more than half]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(2..=i64::from(MAX_REPLICAS)))]
    pub quorum: Option<u8>,
    /// replicated: how many may be asked in all where they disagree, up to 7 [default: no more than --replicas]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(2..=i64::from(MAX_REPLICAS)))]
    pub most: Option<u8>,
    /// replicated: ask one first, and the others only if the chain draws so, the rarer the longer that one has been right
    #[arg(long)]
    pub adaptive: bool,
    /// sampled: how many units are computed again, 1 to 16 [default: 16]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=i64::from(MAX_SAMPLES)))]
    pub samples: Option<u8>,
    /// sampled: how many operators do so, 1 to 6 [default: 3]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..i64::from(MAX_REPLICAS)))]
    pub committee: Option<u8>,
    /// optimistic, accepted: time to challenge or review, such as 90s, 30m, 2h, 1d [default: 1d, or what the market allows]
    #[arg(long, value_name = "TIME", value_parser = duration::seconds)]
    pub window: Option<u32>,
    /// proven: address of the proof key that the proof must fit [default on a localnet: its own]
    #[arg(long, value_name = "ADDRESS")]
    pub key: Option<Pubkey>,
    /// attested: who registered the attestors [default on a localnet: its own]
    #[arg(long, value_name = "ADDRESS")]
    pub registrar: Option<Pubkey>,
    /// attested: how many attestors must sign, 1 to 4 [default: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=i64::from(MAX_ATTESTORS)))]
    pub threshold: Option<u8>,
}

#[derive(Args)]
pub struct List {
    /// Only those that are so
    #[arg(long, value_enum)]
    pub status: Option<Status>,
    /// Only the wallet's
    #[arg(long)]
    pub mine: bool,
    /// At most so many
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub limit: u16,
}

/// What a job can be.
#[derive(Clone, Copy, Debug, ValueEnum, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Open,
    Seated,
    Delivered,
    Sealed,
    Revealed,
    Disputed,
    Verified,
    Settled,
    Unresolved,
    Cancelled,
    Expired,
}

#[derive(Args)]
pub struct Show {
    /// The job
    #[arg(value_name = "ADDRESS")]
    pub job: Pubkey,
    /// Download the result, check it against the chain's root, and write its outputs here as a JSON array
    #[arg(long, value_name = "FILE")]
    pub result: Option<PathBuf>,
}

#[derive(Args)]
pub struct Watch {
    /// The job
    #[arg(value_name = "ADDRESS")]
    pub job: Pubkey,
    /// When to stop: as soon as its outcome is settled, or when all its accounts are closed and the rent is back
    #[arg(long, value_enum, default_value = "settled")]
    pub until: Until,
}

/// When watching ends.
#[derive(Clone, Copy, Debug, ValueEnum, PartialEq, Eq)]
pub enum Until {
    Settled,
    Closed,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  assay job challenge ADDRESS --unit 5
  assay job reject ADDRESS --expected outputs.json     the first unit that differs from what you computed

You put ASY at stake: the market's challenge bond. It comes back, and half of the operator's with it, if the jury finds
the unit wrong; it is lost if the unit is right.")]
pub struct Dispute {
    /// The job
    #[arg(value_name = "ADDRESS")]
    pub job: Pubkey,
    /// The unit that is wrong, counted from 0
    #[arg(long, value_name = "N", required_unless_present = "expected", conflicts_with = "expected")]
    pub unit: Option<u64>,
    /// The outputs that are right, as `job show --result` writes them; the first unit that differs is disputed
    #[arg(long, value_name = "FILE")]
    pub expected: Option<PathBuf>,
}

#[derive(Args)]
pub struct Report {
    /// The job
    #[arg(value_name = "ADDRESS")]
    pub job: Pubkey,
    /// The root that is known to be right; exit code 1 if the job's is another
    #[arg(long, value_name = "HEX", value_parser = config::root)]
    pub expected_root: Option<String>,
}
