//! An operator's policy file: which work its node takes, for how much, when, and how much it puts at risk.

use assay_sdk::escrow::{Job, Strategy};
use serde::{Deserialize, Deserializer, de::Error};
use solana_sdk::pubkey::Pubkey;

use super::schedule::Schedule;

/// Prices of fuel are for so much of it.
const FUEL_PRICED: u128 = 1_000_000_000;
/// The whole, in basis points.
const WHOLE: u128 = 10_000;

/// What a policy file says. One that says nothing takes everything, and bids for nothing.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rules {
    /// Classes of jobs to take.
    pub classes: Vec<u8>,
    /// Kinds of jobs to take.
    pub strategies: Vec<Kind>,
    /// Most jobs at once; the command line may set fewer.
    pub jobs: Option<usize>,
    /// Whether to sit on juries.
    pub juries: bool,
    /// Whether to look at what others deliver, and challenge what is wrong.
    pub challenges: bool,
    pub requesters: Requesters,
    pub programs: Programs,
    /// The least that work must pay.
    pub price: Vec<Price>,
    /// Whether mints without a price are taken, for whatever is offered.
    pub other_mints: bool,
    pub exposure: Exposure,
    pub schedule: Schedule,
    pub bidding: Bidding,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            classes: (0..assay_sdk::reputation::CLASSES).collect(),
            strategies: Kind::ALL.to_vec(),
            jobs: None,
            juries: true,
            challenges: true,
            requesters: Requesters::default(),
            programs: Programs::default(),
            price: vec![],
            other_mints: true,
            exposure: Exposure::default(),
            schedule: Schedule::default(),
            bidding: Bidding::default(),
        }
    }
}

/// A strategy without its terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Replicated,
    Sampled,
    Optimistic,
    Accepted,
    Proven,
    Attested,
}

impl Kind {
    const ALL: [Self; 6] =
        [Self::Replicated, Self::Sampled, Self::Optimistic, Self::Accepted, Self::Proven, Self::Attested];

    fn of(strategy: &Strategy) -> Self {
        match strategy {
            Strategy::Replicated { .. } => Self::Replicated,
            Strategy::Sampled { .. } => Self::Sampled,
            Strategy::Optimistic { .. } => Self::Optimistic,
            Strategy::Accepted { .. } => Self::Accepted,
            Strategy::Proven { .. } => Self::Proven,
            Strategy::Attested { .. } => Self::Attested,
        }
    }
}

/// Whose jobs.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Requesters {
    /// These alone; all, where none is named.
    #[serde(deserialize_with = "keys")]
    pub allow: Vec<Pubkey>,
    /// Not these.
    #[serde(deserialize_with = "keys")]
    pub deny: Vec<Pubkey>,
}

/// Which programs, by the sha256 of their content.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Programs {
    /// These alone; all, where none is named.
    #[serde(deserialize_with = "hashes")]
    pub pinned: Vec<[u8; 32]>,
}

/// The least that a seat must leave its operator, fee and royalties taken off, in base units of a mint.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    #[serde(deserialize_with = "key")]
    pub mint: Pubkey,
    /// For each unit.
    #[serde(default)]
    pub per_unit: u64,
    /// For each 10^9 fuel that the job's spec allows.
    #[serde(default)]
    pub per_billion_fuel: u64,
}

/// Most stake at risk, in base units of ASY.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Exposure {
    pub per_job: Option<u64>,
    /// With what bids would lock if all were awarded.
    pub total: Option<u64>,
}

/// Whether, when and for how much to bid for seats that are auctioned.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Bidding {
    pub on: bool,
    /// What to ask above the least price, in basis points of it; never more than the job offers.
    pub margin_bps: u16,
    /// Seconds after a posting before which it is not bid for.
    pub after_seconds: u32,
    /// Seconds that a bid stands.
    pub valid_seconds: u32,
}

impl Default for Bidding {
    fn default() -> Self {
        Self { on: false, margin_bps: 1_000, after_seconds: 2, valid_seconds: 600 }
    }
}

/// What a job's spec says that its account does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Most fuel of a unit.
    pub fuel: u64,
    /// sha256 of the program.
    pub program: [u8; 32],
}

/// Why a policy refuses work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Refusal {
    #[error("class")]
    Class,
    #[error("strategy")]
    Strategy,
    #[error("requester")]
    Requester,
    #[error("mint")]
    Mint,
    #[error("price per unit")]
    UnitPrice,
    #[error("price of fuel")]
    FuelPrice,
    #[error("program")]
    Program,
    #[error("exposure per job")]
    JobExposure,
    #[error("total exposure")]
    TotalExposure,
    #[error("schedule")]
    Schedule,
    #[error("juries")]
    Juries,
}

/// A seat as it is offered: its price, fee and royalties included, and the units to compute for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    pub price: u64,
    pub units: u64,
}

impl Offer {
    /// The seat of a job that would be taken next.
    pub fn of(job: &Job) -> Self {
        let index = u8::try_from(job.seats.trailing_ones()).unwrap_or(u8::MAX);
        let units = match job.strategy {
            Strategy::Sampled { samples, .. } if index > 0 => job.units.min(samples.into()),
            _ => job.units,
        };
        Self { price: job.price_of(index), units }
    }
}

impl Rules {
    /// Read a policy file.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        let rules: Self = toml::from_str(text)?;
        let wrong = |why: &str| Err(toml::de::Error::custom(why));
        if rules.classes.iter().any(|class| *class >= assay_sdk::reputation::CLASSES) {
            return wrong("classes: there are 0 to 4");
        }
        if rules.price.iter().enumerate().any(|(i, one)| rules.price[..i].iter().any(|other| other.mint == one.mint)) {
            return wrong("price: a mint is named twice");
        }
        if rules.jobs == Some(0) {
            return wrong("jobs: 0 takes no work; use `assay operator drain`");
        }
        Ok(rules)
    }

    /// Why not to take a seat for this, if not. `facts` once its spec is at hand.
    pub fn refuses(&self, job: &Job, offer: Offer, facts: Option<&Facts>, now: i64) -> Option<Refusal> {
        let net = net(job, offer.price);
        let price = self.price.iter().find(|price| price.mint == job.mint);
        let short = |least: u128| u128::from(net) < least;
        let checks = [
            (!self.classes.contains(&job.class), Refusal::Class),
            (!self.strategies.contains(&Kind::of(&job.strategy)), Refusal::Strategy),
            (!self.requesters.takes(&job.requester), Refusal::Requester),
            (price.is_none() && !self.other_mints, Refusal::Mint),
            (price.is_some_and(|price| short(price.of_units(offer))), Refusal::UnitPrice),
            (price.is_some_and(|price| short(price.of_fuel(offer, facts))), Refusal::FuelPrice),
            (facts.is_some_and(|facts| !self.programs.takes(&facts.program)), Refusal::Program),
            (self.exposure.per_job.is_some_and(|most| job.exposure > most), Refusal::JobExposure),
            (!self.schedule.is_open(now), Refusal::Schedule),
        ];
        checks.into_iter().find_map(|(refused, why)| refused.then_some(why))
    }

    /// Why not to take a jury's chair for a job of this class, if not.
    pub fn refuses_chair(&self, class: u8, bond: u64, now: i64) -> Option<Refusal> {
        let checks = [
            (!self.juries, Refusal::Juries),
            (!self.classes.contains(&class), Refusal::Class),
            (self.exposure.per_job.is_some_and(|most| bond > most), Refusal::JobExposure),
            (!self.schedule.is_open(now), Refusal::Schedule),
        ];
        checks.into_iter().find_map(|(refused, why)| refused.then_some(why))
    }

    /// What to bid: the least price with its margin, fee and royalties on top, and at most what is offered; that, where no
    /// least price is set.
    pub fn bid(&self, job: &Job, facts: Option<&Facts>) -> u64 {
        let offer = Offer { price: job.seat_price, units: job.units };
        let Some(price) = self.price.iter().find(|price| price.mint == job.mint) else { return job.seat_price };
        let least = price.of_units(offer).max(price.of_fuel(offer, facts));
        let asked = least.saturating_mul(WHOLE + u128::from(self.bidding.margin_bps)).div_ceil(WHOLE);
        let gross = asked.saturating_mul(WHOLE).div_ceil(left_bps(job).max(1));
        u64::try_from(gross).unwrap_or(u64::MAX).clamp(1, job.seat_price.max(1))
    }
}

impl Price {
    fn of_units(&self, offer: Offer) -> u128 {
        u128::from(self.per_unit) * u128::from(offer.units)
    }

    fn of_fuel(&self, offer: Offer, facts: Option<&Facts>) -> u128 {
        let fuel = facts.map_or(0, |facts| u128::from(facts.fuel) * u128::from(offer.units));
        fuel.saturating_mul(self.per_billion_fuel.into()).div_ceil(FUEL_PRICED)
    }
}

impl Requesters {
    fn takes(&self, requester: &Pubkey) -> bool {
        (self.allow.is_empty() || self.allow.contains(requester)) && !self.deny.contains(requester)
    }
}

impl Programs {
    fn takes(&self, program: &[u8; 32]) -> bool {
        self.pinned.is_empty() || self.pinned.contains(program)
    }
}

/// What fee and royalties leave of the whole, in basis points.
fn left_bps(job: &Job) -> u128 {
    let taken = job.legs.iter().fold(u128::from(job.fee_bps), |sum, leg| sum + u128::from(leg.bps));
    WHOLE.saturating_sub(taken)
}

/// What a price leaves the operator.
pub fn net(job: &Job, price: u64) -> u64 {
    u64::try_from(u128::from(price) * left_bps(job) / WHOLE).unwrap_or(u64::MAX)
}

fn key<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Pubkey, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| D::Error::custom(format!("{text:?} is no address")))
}

fn keys<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Pubkey>, D::Error> {
    #[derive(Deserialize)]
    struct Key(#[serde(deserialize_with = "key")] Pubkey);
    Ok(Vec::<Key>::deserialize(deserializer)?.into_iter().map(|key| key.0).collect())
}

fn hashes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<[u8; 32]>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let hash = |text: &String| {
        let mut bytes = [0; 32];
        let parsed = hex::decode_to_slice(text, &mut bytes).map(|()| bytes);
        parsed.map_err(|_| D::Error::custom(format!("{text:?} is no sha256: expected 64 hex digits")))
    };
    texts.iter().map(hash).collect()
}
