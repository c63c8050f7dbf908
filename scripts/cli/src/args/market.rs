//! The command line of `assay market`.

use clap::{Args, Subcommand, ValueEnum};
use solana_sdk::pubkey::Pubkey;

use super::QuoteTerms;
use crate::{amount, duration};

#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  assay market devices --cores 8 --state available        who computes
  assay market quotes --units 100 --time-per-unit 5s      what it would cost
  assay market prices --class 0 --step hour               what was paid for a unit
  assay market bids list ADDRESS                          the bids for a job")]
pub enum MarketCommand {
    /// List machines
    Devices(Devices),
    /// What a job would cost, how long it would take, and who might compute it
    Quotes(Quotes),
    /// What was paid for a unit, or another figure of the market, by hours or days
    Prices(Prices),
    /// Bids for the seat of an auction: see them, place one, take it back, award one
    #[command(subcommand)]
    Bids(BidsCommand),
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  assay market devices
  assay market devices --cores 16 --memory-mib 32768 --verified
  assay market devices --gpus 1 --gpu-model H100 --region DE --sort price")]
pub struct Devices {
    /// Only this operator's
    #[arg(long, value_name = "WALLET")]
    pub operator: Option<Pubkey>,
    /// Only those that are so
    #[arg(long, value_enum)]
    pub state: Option<DeviceState>,
    /// With so many cores at least
    #[arg(long, value_name = "N")]
    pub cores: Option<u16>,
    /// With so much memory at least
    #[arg(long, value_name = "MIB")]
    pub memory_mib: Option<u32>,
    /// With so much disk at least
    #[arg(long, value_name = "GIB")]
    pub disk_gib: Option<u32>,
    /// With so many GPUs at least
    #[arg(long, value_name = "N")]
    pub gpus: Option<u8>,
    /// With GPUs of this model, such as H100
    #[arg(long, value_name = "MODEL")]
    pub gpu_model: Option<String>,
    /// In this region: two letters
    #[arg(long, value_name = "CODE")]
    pub region: Option<String>,
    /// Only those that the protocol vouches for
    #[arg(long)]
    pub verified: bool,
    /// Only those that work for so little: ASY an hour, decimal
    #[arg(long, value_name = "ASY", value_parser = amount::asy)]
    pub price_max: Option<u64>,
    /// In which order
    #[arg(long, value_enum, default_value = "address")]
    pub sort: DeviceOrder,
    /// At most so many
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub limit: u16,
}

/// What a machine can be.
#[derive(Clone, Copy, Debug, ValueEnum, PartialEq, Eq)]
pub enum DeviceState {
    Registered,
    Verified,
    Available,
    Busy,
    Retired,
}

/// The order of machines.
#[derive(Clone, Copy, Debug, ValueEnum, PartialEq, Eq)]
pub enum DeviceOrder {
    Address,
    /// The cheapest first.
    Price,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  assay market quotes --units 100 --fuel-per-unit 1000000000 --memory-mib 256
  assay market quotes --units 100 --time-per-unit 5s --price-per-unit 0.01 --deadline 1h

`assay job estimate` reads all that from a job's spec.")]
pub struct Quotes {
    /// How many units
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub units: u64,
    /// Fuel that a unit uses
    #[arg(long, value_name = "N")]
    pub fuel_per_unit: Option<u64>,
    /// Memory that a unit needs
    #[arg(long, value_name = "MIB")]
    pub memory_mib: Option<u32>,
    #[command(flatten)]
    pub terms: QuoteTerms,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  assay market prices
  assay market prices --step hour --class 0
  assay market prices --metric utilisation")]
pub struct Prices {
    /// Which figure
    #[arg(long, value_enum, default_value = "price")]
    pub metric: Metric,
    /// How long a step is
    #[arg(long, value_enum, default_value = "day")]
    pub step: Step,
    /// Only this class
    #[arg(long, value_parser = clap::value_parser!(u8).range(0..=4))]
    pub class: Option<u8>,
    /// Only this mint
    #[arg(long)]
    pub mint: Option<Pubkey>,
}

/// A figure of the market.
#[derive(Clone, Copy, Debug, ValueEnum, PartialEq, Eq)]
pub enum Metric {
    /// Paid for a unit by a seat
    Price,
    /// Paid, with the fees
    Volume,
    /// Posted
    Jobs,
    /// Closed after settlement
    Settled,
    /// Of settled jobs
    Units,
    /// Seats in work for each slot of the machines
    Utilisation,
    /// ASY that was slashed
    Slashes,
    /// ASY that was burned
    Burned,
    /// Fees of settlements
    Fees,
    /// ASY that was emitted
    Emitted,
}

/// A step of a series.
#[derive(Clone, Copy, Debug, ValueEnum, PartialEq, Eq)]
pub enum Step {
    Hour,
    Day,
}

#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  assay job post job.json --strategy accepted --auction     as requester: ask for bids
  assay market bids list ADDRESS                            see them, the cheapest first
  assay market bids award ADDRESS --cheapest                give the seat away
  assay market bids place ADDRESS --price 0.2               as operator: offer to compute it
  assay market bids withdraw ADDRESS                        take the offer back")]
pub enum BidsCommand {
    /// List bids, the cheapest first
    List(Bids),
    /// Offer to compute a job, as an operator; whoever awards it locks your stake without asking again
    Place(PlaceBid),
    /// Take a bid back, or anybody's that can be awarded no more; its rent goes to its operator
    Withdraw {
        /// The job
        #[arg(value_name = "ADDRESS")]
        job: Pubkey,
        /// Whose bid [default: the wallet's]
        #[arg(long, value_name = "WALLET")]
        operator: Option<Pubkey>,
    },
    /// Give a seat of your job for a bid
    Award(AwardBid),
}

#[derive(Args)]
pub struct Bids {
    /// Only for this job
    #[arg(value_name = "ADDRESS")]
    pub job: Option<Pubkey>,
    /// Only this operator's
    #[arg(long, value_name = "WALLET", conflicts_with = "mine")]
    pub operator: Option<Pubkey>,
    /// Only the wallet's
    #[arg(long)]
    pub mine: bool,
    /// Those too that are withdrawn or awarded
    #[arg(long)]
    pub all: bool,
    /// At most so many
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub limit: u16,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  assay market bids place ADDRESS --price 0.2
  assay market bids place ADDRESS --price 0.2 --device 1 --expires 10m")]
pub struct PlaceBid {
    /// The job
    #[arg(value_name = "ADDRESS")]
    pub job: Pubkey,
    /// For the seat, all its units together, decimal; the protocol's fee goes off it
    #[arg(long, value_name = "AMOUNT", value_parser = amount::decimal)]
    pub price: String,
    /// The number of your machine that would work
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub device: u16,
    /// How long it may be awarded, such as 10m, 2h [default: until the job's deadline]
    #[arg(long, value_name = "TIME", value_parser = duration::seconds)]
    pub expires: Option<u32>,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  assay market bids award ADDRESS --cheapest
  assay market bids award ADDRESS --operator WALLET")]
pub struct AwardBid {
    /// The job
    #[arg(value_name = "ADDRESS")]
    pub job: Pubkey,
    /// Whose bid
    #[arg(long, value_name = "WALLET", required_unless_present = "cheapest", conflicts_with = "cheapest")]
    pub operator: Option<Pubkey>,
    /// The cheapest that can be awarded now
    #[arg(long)]
    pub cheapest: bool,
}
