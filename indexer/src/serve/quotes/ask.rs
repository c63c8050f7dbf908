//! What a quote is asked for.

use assay_sdk::{
    escrow::{CLASSES, ENGINES, MAX_REPLICAS, MAX_SAMPLES, MAX_UNITS, Strategy},
    spec::{JobSpec, MAX_DOCUMENT_BYTES},
};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use solana_sdk::pubkey::Pubkey;
use utoipa::{IntoParams, ToSchema};

use crate::serve::{State, input::maybe_u64_or_text, problem::Problem};

/// Fuel that one core is reckoned to burn in a second, where a spec says how much a unit may use. Fuel is about one per
/// WebAssembly instruction; this is a round number for today's machines, and the reply says that it was used.
pub const FUEL_PER_SECOND: u64 = 500_000_000;
const DEVICES: u32 = 20;

/// How a result is judged.
#[derive(Deserialize, Serialize, ToSchema, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Several compute, and a quorum of them must agree.
    #[default]
    Replicated,
    /// One computes, and a committee samples of it again.
    Sampled,
    /// One computes, and whoever doubts it may challenge.
    Optimistic,
    /// One computes and proves it.
    Proven,
    /// One computes, and attestors sign.
    Attested,
    /// One computes, and the requester accepts.
    Accepted,
}

/// A job that somebody thinks of posting. Only `class` and `mint` are needed, and `units` or `spec`.
#[derive(Deserialize, ToSchema, IntoParams, Clone, Debug, Default)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Ask {
    /// The job's class, 0 to 4.
    #[schema(maximum = 4)]
    #[param(maximum = 4)]
    pub class: u8,
    /// The payment mint's address.
    #[schema(pattern = "^[1-9A-HJ-NP-Za-km-z]{32,44}$")]
    #[param(pattern = "^[1-9A-HJ-NP-Za-km-z]{32,44}$")]
    pub mint: String,
    /// Units, 1 to 2^32.
    #[serde(default, deserialize_with = "maybe_u64_or_text")]
    #[schema(value_type = Option<String>, pattern = "^[0-9]{1,10}$")]
    #[param(value_type = Option<String>, pattern = "^[0-9]{1,10}$")]
    pub units: Option<u64>,
    /// SHA-256 of a job spec that is in this indexer's blobs: units, fuel and memory are read from it where they are not
    /// given here.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    #[param(pattern = "^[0-9a-f]{64}$")]
    pub spec: Option<String>,
    /// Fuel that a unit uses.
    #[serde(default, deserialize_with = "maybe_u64_or_text")]
    #[schema(value_type = Option<String>, pattern = "^[0-9]{1,19}$")]
    #[param(value_type = Option<String>, pattern = "^[0-9]{1,19}$")]
    pub fuel_per_unit: Option<u64>,
    /// Seconds that a unit takes on one core; goes before `fuel_per_unit`.
    #[serde(default, deserialize_with = "maybe_u64_or_text")]
    #[schema(value_type = Option<String>, pattern = "^[0-9]{1,19}$")]
    #[param(value_type = Option<String>, pattern = "^[0-9]{1,19}$")]
    pub seconds_per_unit: Option<u64>,
    /// Base units of the mint that you mean to offer for each unit and seat.
    #[serde(default, deserialize_with = "maybe_u64_or_text")]
    #[schema(value_type = Option<String>, pattern = "^[0-9]{1,19}$")]
    #[param(value_type = Option<String>, pattern = "^[0-9]{1,19}$")]
    pub price_per_unit: Option<u64>,
    /// Number of the engine: 0 is WebAssembly, 1 containers, 2 encrypted jobs.
    pub engine: Option<u8>,
    /// Cores, at least.
    pub cores: Option<u16>,
    /// Memory, at least, in MiB.
    pub memory_mib: Option<u32>,
    /// Disk, at least, in GiB.
    pub disk_gib: Option<u32>,
    /// GPUs, at least.
    pub gpus: Option<u8>,
    /// Memory of each GPU, at least, in MiB.
    pub gpu_memory_mib: Option<u32>,
    /// Up to four of `A-Z0-9`, for instance `H100`.
    #[schema(pattern = "^[A-Z0-9]{1,4}$")]
    #[param(pattern = "^[A-Z0-9]{1,4}$")]
    pub gpu_model: Option<String>,
    /// Two letters of ISO 3166-1.
    #[schema(pattern = "^[A-Z]{2}$")]
    #[param(pattern = "^[A-Z]{2}$")]
    pub region: Option<String>,
    /// Only machines that the protocol vouches for.
    pub verified: Option<bool>,
    /// How the result is judged; `replicated` if not given.
    #[param(inline)]
    pub strategy: Option<Way>,
    /// Of `replicated`: seats at first, 1 to 7; 3 if not given.
    #[schema(minimum = 1, maximum = 7)]
    #[param(minimum = 1, maximum = 7)]
    pub replicas: Option<u8>,
    /// Of `replicated`: seats that must agree; more than half of the replicas if not given.
    #[schema(minimum = 1, maximum = 7)]
    #[param(minimum = 1, maximum = 7)]
    pub quorum: Option<u8>,
    /// Of `replicated`: seats that may ever be asked for; as many as replicas if not given.
    #[schema(minimum = 1, maximum = 7)]
    #[param(minimum = 1, maximum = 7)]
    pub most: Option<u8>,
    /// Of `replicated`: whether one is asked first, and the others only by chance.
    pub adaptive: Option<bool>,
    /// Of `sampled`: units computed again, 1 to 16; 4 if not given.
    #[schema(minimum = 1, maximum = 16)]
    #[param(minimum = 1, maximum = 16)]
    pub samples: Option<u8>,
    /// Of `sampled`: who compute them, 1 to 6; 3 if not given.
    #[schema(minimum = 1, maximum = 6)]
    #[param(minimum = 1, maximum = 6)]
    pub committee: Option<u8>,
    /// Seconds from now until the result must be sealed.
    #[schema(minimum = 1)]
    #[param(minimum = 1)]
    pub deadline_seconds: Option<u32>,
    /// Most devices listed, 1 to 100; 20 if not given.
    #[schema(minimum = 1, maximum = 100)]
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u32>,
}

/// An [`Ask`] that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub class: u8,
    pub mint: String,
    pub units: u64,
    /// Thousandths of a second that a unit takes on one core, if that is known.
    pub millis_per_unit: Option<u64>,
    pub price_per_unit: Option<u64>,
    pub engine: u8,
    pub cores: u16,
    pub memory_mib: u32,
    pub disk_gib: u32,
    pub gpus: u8,
    pub gpu_memory_mib: u32,
    /// As the tables have them: hex of the bytes; `None` for any.
    pub gpu_model: Option<String>,
    pub region: Option<String>,
    pub verified: bool,
    pub strategy: Strategy,
    pub deadline_seconds: Option<u32>,
    pub limit: usize,
}

fn wrong(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
}

impl Ask {
    /// Checks it, and reads its spec if it names one.
    ///
    /// # Errors
    /// 422 for what no job can be, 404 when the spec is not here.
    pub async fn wanted(self, state: &State) -> Result<Wanted, Problem> {
        match self.spec.clone() {
            None => self.checked(),
            Some(hash) => {
                let document = state.small_blob(&hash, MAX_DOCUMENT_BYTES as u64).await?;
                let document =
                    document.ok_or_else(|| Problem::missing("the spec is not here; PUT it to /v1/blobs first"))?;
                let spec = JobSpec::parse(&document).map_err(|why| wrong(why.to_string()))?;
                let Self { units, fuel_per_unit, memory_mib, engine, .. } = self;
                let units = units.or(Some(spec.units));
                let fuel_per_unit = fuel_per_unit.or(Some(spec.limits.fuel));
                let memory_mib = memory_mib.or(Some(spec.limits.memory_mib));
                let engine = engine.or(Some(spec.engine.number()));
                Self { units, fuel_per_unit, memory_mib, engine, ..self }.checked()
            }
        }
    }

    fn checked(self) -> Result<Wanted, Problem> {
        let strategy = self.judged()?;
        let units = self.units.ok_or_else(|| wrong("units is missing; give it, or the spec"))?;
        if usize::from(self.class) >= CLASSES {
            return Err(wrong(format!("class must be 0 to {}", CLASSES - 1)));
        }
        if self.mint.parse::<Pubkey>().is_err() {
            return Err(wrong("mint is not a base58 address"));
        }
        if !(1..=MAX_UNITS).contains(&units) {
            return Err(wrong(format!("units must be 1 to {MAX_UNITS}")));
        }
        let engine = self.engine.unwrap_or(0);
        if engine > 7 || ENGINES >> engine & 1 == 0 {
            return Err(wrong("there is no such engine; 0 is WebAssembly, 1 containers, 2 encrypted jobs"));
        }
        if self.price_per_unit == Some(0) || self.deadline_seconds == Some(0) {
            return Err(wrong("price_per_unit and deadline_seconds must be 1 or more"));
        }
        let limit = self.limit.unwrap_or(DEVICES);
        if !(1..=100).contains(&limit) {
            return Err(wrong("limit must be 1 to 100"));
        }
        let of_seconds = self.seconds_per_unit.map(|seconds| seconds.saturating_mul(1_000));
        let of_fuel = self.fuel_per_unit.map(|fuel| fuel.div_ceil(FUEL_PER_SECOND / 1_000));
        Ok(Wanted {
            class: self.class,
            units,
            millis_per_unit: of_seconds.or(of_fuel),
            price_per_unit: self.price_per_unit,
            engine,
            cores: self.cores.unwrap_or(0),
            memory_mib: self.memory_mib.unwrap_or(0),
            disk_gib: self.disk_gib.unwrap_or(0),
            gpus: self.gpus.unwrap_or(0),
            gpu_memory_mib: self.gpu_memory_mib.unwrap_or(0),
            gpu_model: self.gpu_model.as_deref().map(code).transpose()?,
            region: self.region.as_deref().map(region).transpose()?,
            verified: self.verified.unwrap_or(false),
            strategy,
            deadline_seconds: self.deadline_seconds,
            limit: limit as usize,
            mint: self.mint,
        })
    }

    fn judged(&self) -> Result<Strategy, Problem> {
        let nobody = Pubkey::default();
        Ok(match self.strategy.unwrap_or_default() {
            Way::Replicated => {
                let replicas = self.replicas.unwrap_or(3);
                let quorum = self.quorum.unwrap_or(replicas / 2 + 1);
                let most = self.most.unwrap_or(replicas);
                let ordered = 1 <= quorum && quorum <= replicas && replicas <= most && most <= MAX_REPLICAS;
                if !ordered {
                    return Err(wrong(format!("1 <= quorum <= replicas <= most <= {MAX_REPLICAS} must hold")));
                }
                Strategy::Replicated { replicas, quorum, most, adaptive: self.adaptive.unwrap_or(false) }
            }
            Way::Sampled => {
                let (samples, committee) = (self.samples.unwrap_or(4), self.committee.unwrap_or(3));
                if !(1..=MAX_SAMPLES).contains(&samples) || !(1..MAX_REPLICAS).contains(&committee) {
                    let text = format!("samples must be 1 to {MAX_SAMPLES} and committee 1 to {}", MAX_REPLICAS - 1);
                    return Err(wrong(text));
                }
                Strategy::Sampled { samples, committee }
            }
            Way::Optimistic => Strategy::Optimistic { window: 0 },
            Way::Proven => Strategy::Proven { key: nobody },
            Way::Attested => Strategy::Attested { registrar: nobody, threshold: 1 },
            Way::Accepted => Strategy::Accepted { window: 0 },
        })
    }
}

fn code(text: &str) -> Result<String, Problem> {
    let good = (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    if good { Ok(format!("{:0<8}", hex::encode(text))) } else { Err(wrong("gpu_model must be one to four of A-Z0-9")) }
}

fn region(text: &str) -> Result<String, Problem> {
    let good = text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase());
    if good { Ok(hex::encode(text)) } else { Err(wrong("region must be two of A-Z")) }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// The ordinary job of class 1.
    pub fn wanted() -> Wanted {
        ask().checked().unwrap()
    }

    fn ask() -> Ask {
        Ask { class: 1, mint: Pubkey::default().to_string(), units: Some(32), ..Ask::default() }
    }

    #[test]
    fn what_is_not_said_is_the_ordinary_job() {
        let wanted = ask().checked().unwrap();
        assert_eq!((wanted.strategy, wanted.limit, wanted.millis_per_unit), (Strategy::ORDINARY, 20, None));
        let wanted = Ask { gpu_model: Some("L4".into()), region: Some("DE".into()), ..ask() }.checked().unwrap();
        assert_eq!((wanted.gpu_model.as_deref(), wanted.region.as_deref()), (Some("4c340000"), Some("4445")));
        let wanted = Ask { fuel_per_unit: Some(5_000_000_001), ..ask() }.checked().unwrap();
        assert_eq!(wanted.millis_per_unit, Some(10_001));
        let wanted = Ask { fuel_per_unit: Some(1), seconds_per_unit: Some(7), ..ask() }.checked().unwrap();
        assert_eq!(wanted.millis_per_unit, Some(7_000), "seconds go before fuel");
        let sampled = Ask { strategy: Some(Way::Sampled), ..ask() }.checked().unwrap().strategy;
        assert_eq!(sampled, Strategy::Sampled { samples: 4, committee: 3 });
    }

    #[test]
    fn what_no_job_can_be_is_refused() {
        for bad in [
            Ask { class: 5, ..ask() },
            Ask { mint: "x".into(), ..ask() },
            Ask { units: None, ..ask() },
            Ask { units: Some(0), ..ask() },
            Ask { units: Some(MAX_UNITS + 1), ..ask() },
            Ask { engine: Some(3), ..ask() },
            Ask { engine: Some(255), ..ask() },
            Ask { price_per_unit: Some(0), ..ask() },
            Ask { deadline_seconds: Some(0), ..ask() },
            Ask { limit: Some(0), ..ask() },
            Ask { limit: Some(101), ..ask() },
            Ask { gpu_model: Some("h100".into()), ..ask() },
            Ask { gpu_model: Some("H1000".into()), ..ask() },
            Ask { region: Some("D".into()), ..ask() },
            Ask { replicas: Some(8), ..ask() },
            Ask { replicas: Some(2), quorum: Some(3), ..ask() },
            Ask { quorum: Some(0), ..ask() },
            Ask { most: Some(2), ..ask() },
            Ask { strategy: Some(Way::Sampled), samples: Some(17), ..ask() },
            Ask { strategy: Some(Way::Sampled), committee: Some(7), ..ask() },
        ] {
            assert!(bad.clone().checked().is_err(), "{bad:?}");
        }
    }
}
