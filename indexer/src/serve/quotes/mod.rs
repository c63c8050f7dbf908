//! Price quotes: which machines fit a job, in which order and why, and what the job will cost.

mod ask;
mod cost;
mod market;
mod rank;

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

pub use self::ask::Ask;
use self::{
    ask::{FUEL_PER_SECOND, Wanted},
    cost::{Estimate, exposure, in_asy},
    market::{CONSIDERED, Found, Market},
    rank::{FULL, Measure, NAMES, Ranked, WEIGHTS},
};
use super::{gate::body::Body, problem::Problem, reply::Params};

/// A part of a score.
#[derive(Serialize, ToSchema, Debug)]
pub struct Part {
    /// `price`, `reputation`, `risk` or `wait`.
    name: &'static str,
    /// What it weighs, in bps.
    weight_bps: u64,
    /// 0 to 10,000; more is better.
    score_bps: u64,
    /// Where it comes from.
    why: String,
}

/// A machine that fits.
#[derive(Serialize, ToSchema, Debug)]
pub struct Device {
    /// Its address.
    device: String,
    /// Its operator.
    operator: String,
    /// From 1.
    rank: u32,
    /// The parts by their weights, 0 to 10,000.
    score_bps: u64,
    /// What it is made of.
    parts: Vec<Part>,
    /// Base units of ASY an hour below which its operator expects no offers.
    price_floor: String,
    /// What that comes to for a seat of this job, in base units of ASY.
    floor_cost: String,
    /// Whether that is no more than what is offered, or what the market pays; null where neither is known.
    within_price: Option<bool>,
    /// Probability that a seat of its operator in this class fails, in bps.
    failure_bps: u64,
    /// Base units of the mint that computing again costs, times that probability; null where no price is known.
    expected_rerun_cost: Option<String>,
    /// Seats that it works for.
    busy: u64,
    /// Seats that it can work for.
    slots: u64,
    /// Seats that its operator holds, on all its machines.
    operator_seats: u64,
    /// Base units of ASY that its operator can still lock.
    free_stake: String,
    /// Whether the protocol vouches for it.
    verified: bool,
    /// Seconds until one of its slots is free, as reckoned.
    wait_seconds: u64,
    /// Seconds that the job takes on it, as reckoned.
    compute_seconds: u64,
}

/// Machines that are not listed.
#[derive(Serialize, ToSchema, Debug)]
pub struct LeftOut {
    /// That are too small, elsewhere, take no work, or are beyond the 500 cheapest that fit.
    unfit: u64,
    /// Whose operators are in jail.
    jailed: u64,
    /// Whose operators have less free stake than a seat puts at risk.
    stake: u64,
    /// That would be done after the deadline.
    late: u64,
}

/// A quote.
#[derive(Serialize, ToSchema, Debug)]
pub struct Quote {
    /// The latest indexed slot.
    slot: String,
    /// Of what it rests on.
    commitment: &'static str,
    /// The job's class.
    class: u8,
    /// The payment mint.
    mint: String,
    /// Decimals of the mint.
    decimals: u8,
    /// Units.
    units: String,
    /// What it will cost.
    estimate: Estimate,
    /// How the machines are ranked, in a sentence or two.
    explanation: String,
    /// Machines that fit.
    fit: u64,
    /// Those that do not.
    left_out: LeftOut,
    /// The best of those that fit. Operators come to seats by lot, or by their bids: this is who is likely to come, not
    /// whom to choose.
    devices: Vec<Device>,
}

/// A quote for a job's requirements.
#[utoipa::path(post, path = "/v1/quotes", operation_id = "createQuote", tag = "quotes", request_body = Ask, responses(
    (status = 200, description = "The machines that fit, ranked, and what the job will cost", body = Quote),
    (status = 400, description = "Not JSON", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "No job can be paid in this mint, or the spec is not here", body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "The body is too long", body = Problem, content_type = "application/problem+json"),
    (status = 415, description = "Not application/json", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "No job can be like this", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "The database or the store does not answer", body = Problem, content_type = "application/problem+json"),
))]
pub async fn create(State(state): State<super::State>, Body(ask): Body<Ask>) -> Result<Json<Quote>, Problem> {
    quote(&state, ask).await.map(Json)
}

/// The same for simple requirements.
#[utoipa::path(get, path = "/v1/quotes", operation_id = "getQuote", tag = "quotes", params(Ask), responses(
    (status = 200, description = "The machines that fit, ranked, and what the job will cost", body = Quote),
    (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "No job can be paid in this mint, or the spec is not here", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "No job can be like this", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "The database or the store does not answer", body = Problem, content_type = "application/problem+json"),
))]
pub async fn get(State(state): State<super::State>, Params(ask): Params<Ask>) -> Result<Json<Quote>, Problem> {
    quote(&state, ask).await.map(Json)
}

/// The routes.
pub fn routes() -> OpenApiRouter<super::State> {
    OpenApiRouter::new().routes(routes!(create, get))
}

async fn quote(state: &super::State, ask: Ask) -> Result<Quote, Problem> {
    let wanted = ask.wanted(state).await?;
    let market = market::market(&state.pool, &wanted).await?;
    let price = wanted.price_per_unit.or(market.prices[1]);
    let seat_price = price.and_then(|price| price.checked_mul(wanted.units));
    let at_risk = exposure(seat_price.unwrap_or(0), &market).map_or(u64::MAX, |(_, exposure)| exposure);
    let measure = measure(&wanted, &market, seat_price, at_risk);
    let found = market::devices(&state.pool, &wanted, market.class_stake, at_risk).await?;
    let Found { candidates, registered, jailed, short } = found;
    let all = rank::rank(&measure, candidates);
    let (fit, late): (Vec<_>, Vec<_>) = all.into_iter().partition(|ranked| in_time(&wanted, ranked));
    let unfit = registered.saturating_sub(fit.len() as u64 + late.len() as u64 + jailed + short);
    let explanation = explanation(&wanted, &measure, &fit);
    let devices = (1..).zip(&fit).take(wanted.limit);
    let devices = devices.map(|(rank, ranked)| device(rank, ranked, &measure, seat_price)).collect();
    Ok(Quote {
        slot: sqlx::query_scalar("SELECT slot::text FROM watermark").fetch_one(&state.pool).await?,
        commitment: "confirmed",
        class: wanted.class,
        decimals: market.decimals,
        units: wanted.units.to_string(),
        estimate: cost::estimate(&wanted, &market),
        explanation,
        fit: fit.len() as u64,
        left_out: LeftOut { unfit, jailed, stake: short, late: late.len() as u64 },
        devices,
        mint: wanted.mint,
    })
}

/// What the devices are measured by. Where nothing is known of a unit, it takes what units of this class took lately; and
/// where nothing is known of those, the job takes its class' time.
fn measure(wanted: &Wanted, market: &Market, seat_price: Option<u64>, at_risk: u64) -> Measure {
    let recent = market.millis_per_unit.map(|millis| millis.saturating_mul(wanted.units).div_ceil(1_000));
    let window = market.class_seconds.saturating_mul(market.seal_factor);
    let harmed = u128::from(at_risk) * u128::from(market.harmed_bps) / u128::from(FULL);
    Measure {
        units: wanted.units,
        millis_per_unit: wanted.millis_per_unit,
        usual_seconds: recent.unwrap_or(market.class_seconds),
        given_seconds: wanted.deadline_seconds.map_or(window, u64::from),
        worth: seat_price.map(|price| in_asy(price, market.bond_rate)),
        compensation: u64::try_from(harmed).unwrap_or(u64::MAX),
    }
}

fn in_time(wanted: &Wanted, ranked: &Ranked) -> bool {
    let seconds = ranked.wait_seconds.saturating_add(ranked.compute_seconds);
    wanted.deadline_seconds.is_none_or(|deadline| seconds <= deadline.into())
}

fn device(rank: u32, ranked: &Ranked, measure: &Measure, seat_price: Option<u64>) -> Device {
    let Ranked { candidate, cost, wait_seconds, compute_seconds, failure_bps, .. } = ranked;
    let rerun = |price| (u128::from(price) * u128::from(*failure_bps) / u128::from(FULL)).to_string();
    let words = [
        format!("its floor comes to {cost} base units of ASY for {compute_seconds} s; {}", reference(measure)),
        match candidate.valid + candidate.failed {
            0 => "no outcome in this class yet: half".to_owned(),
            outcomes => format!("score of the operator's record in this class, of {outcomes} outcomes"),
        },
        format!(
            "a seat fails with {failure_bps} bps; what of its price no bond makes up for, and the time, are lost then"
        ),
        match wait_seconds {
            0 => format!("{} of {} slots are taken: it can begin at once", candidate.busy, candidate.slots),
            wait => format!("all {} slots are taken: about {wait} s until one is free", candidate.slots),
        },
    ];
    let parts = NAMES.into_iter().zip(WEIGHTS).zip(ranked.parts).zip(words);
    let parts = parts.map(|(((name, weight_bps), score_bps), why)| Part { name, weight_bps, score_bps, why });
    Device {
        device: candidate.address.clone(),
        operator: candidate.operator.clone(),
        rank,
        score_bps: ranked.score,
        parts: parts.collect(),
        price_floor: candidate.floor.to_string(),
        floor_cost: cost.to_string(),
        within_price: measure.worth.map(|worth| *cost <= worth),
        failure_bps: *failure_bps,
        expected_rerun_cost: seat_price.map(rerun),
        busy: candidate.busy,
        slots: candidate.slots,
        operator_seats: candidate.seats,
        free_stake: candidate.free_stake.to_string(),
        verified: candidate.verified,
        wait_seconds: *wait_seconds,
        compute_seconds: *compute_seconds,
    }
}

fn reference(measure: &Measure) -> String {
    match measure.worth {
        Some(worth) => format!("a seat is worth {worth}"),
        None => "compared with the median of those that fit, for want of a price".into(),
    }
}

fn explanation(wanted: &Wanted, measure: &Measure, fit: &[Ranked]) -> String {
    let price = match (wanted.price_per_unit, measure.worth) {
        (Some(_), _) => "your offer",
        (None, Some(_)) => "the market's median",
        (None, None) => "the median of the devices' floors, for want of a price",
    };
    let time = match measure.millis_per_unit {
        Some(_) => {
            format!("for the time that units of this fuel ({FUEL_PER_SECOND} a second) or seconds take on its cores")
        }
        None => "for the time that units of this class took lately, or that the class is given".to_owned(),
    };
    let weights: Vec<_> =
        NAMES.iter().zip(WEIGHTS).map(|(name, weight)| format!("{name} {} %", weight / 100)).collect();
    let how = format!("Ranked by {}: price is the floor against {price}, {time}.", weights.join(", "));
    match fit {
        [] => format!("No machine fits and takes work now; see left_out. {how}"),
        [only] => format!("Only {} fits. {how}", only.candidate.address),
        [first, second, ..] => {
            let leads = (0..4).max_by_key(|part| {
                let of = |ranked: &Ranked| ranked.parts[*part] * WEIGHTS[*part];
                (of(first) as i128 - of(second) as i128, std::cmp::Reverse(*part))
            });
            let name = NAMES[leads.unwrap_or(0)];
            let address = &first.candidate.address;
            format!(
                "{address} is first, before the next one most by its {name}. {how} Among the {CONSIDERED} cheapest that fit."
            )
        }
    }
}
