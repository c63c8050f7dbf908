//! `job estimate` and `market quotes`: what a job will cost, how long it takes, and who may compute it.

use assay_sdk::{
    addresses, escrow,
    escrow::{JobTerms, PaymentMint, Strategy},
    spec::{Engine, JobSpec},
};
use serde_json::{Map, Value, json};

use super::{funds::Cost, list_of, number, post::payment_mint, spec_file::Prepared, strategy, text};
use crate::{
    amount::{self, ASY_DECIMALS, SOL_DECIMALS},
    args::{Estimate, QuoteTerms, Quotes},
    client::api::when_free,
    context::Context,
    duration::words,
    error::{Error, Result},
    output::{facts, short, table},
};

/// What a quote is asked for.
struct Size {
    units: u64,
    fuel: Option<u64>,
    memory_mib: Option<u32>,
    engine: Engine,
}

/// Estimates a job by its spec.
pub async fn run(context: &Context, args: &Estimate) -> Result<()> {
    let Prepared { spec, .. } = Prepared::read(&args.spec, &context.api.url("/v1/blobs"))?;
    let JobSpec { units, limits, engine, .. } = spec;
    let size = Size { units, fuel: Some(limits.fuel), memory_mib: Some(limits.memory_mib), engine };
    show(context, &size, &args.terms).await
}

/// Asks for a quote without a spec.
pub async fn quotes(context: &Context, args: &Quotes) -> Result<()> {
    let size = Size { units: args.units, fuel: args.fuel_per_unit, memory_mib: args.memory_mib, engine: Engine::Wasm };
    show(context, &size, &args.terms).await
}

async fn show(context: &Context, size: &Size, terms: &QuoteTerms) -> Result<()> {
    let payment = payment_mint(context, terms.mint).await?;
    let chosen = strategy::chosen(terms.strategy, &terms.terms, context.settings.localnet.as_ref())?;
    let config: escrow::Config = context.config(&addresses::config(&escrow::ID)).await?;
    let chosen = strategy::allowed(chosen, terms.terms.window.is_some(), &config.params)?;
    let price = terms.price_per_unit.as_deref().map(|text| amount::parse(text, payment.decimals));
    let price = price.transpose().map_err(|why| Error::Usage(format!("--price-per-unit: {why}")))?;
    if price == Some(0) {
        return Err(Error::Usage("--price-per-unit is 0: nobody computes for nothing".into()));
    }
    let ask = Value::Object(asked(size, terms, &payment, &chosen, price));
    let quote = when_free(|| context.api.post("/v1/quotes", &ask)).await?;
    let offer = price.map(|price| offer(size.units, price, chosen)).transpose()?;
    let wait = expected_seconds(&quote);
    let document = json!({
        "offer": offer.map(|deposit| json!({"price_per_unit": price.map(|price| price.to_string()), "deposit": deposit.to_string()})),
        "expected_seconds": wait.map(|seconds| seconds.to_string()), "quote": quote,
    });
    context.out.data(&document, || display(context, &quote, &payment, offer, wait, &chosen))
}

/// What the API is asked.
fn asked(
    size: &Size,
    terms: &QuoteTerms,
    payment: &PaymentMint,
    strategy: &Strategy,
    price: Option<u64>,
) -> Map<String, Value> {
    let mut ask = Map::new();
    let mut put = |field: &str, value: Option<Value>| ask.extend(value.map(|value| (field.to_owned(), value)));
    put("class", Some(json!(terms.class)));
    put("mint", Some(json!(payment.mint.to_string())));
    put("units", Some(json!(size.units.to_string())));
    put("engine", Some(json!(size.engine.number())));
    put("cores", Some(json!(1)));
    put("fuel_per_unit", size.fuel.map(|fuel| json!(fuel.to_string())));
    put("memory_mib", size.memory_mib.map(|mib| json!(mib)));
    put("price_per_unit", price.map(|price| json!(price.to_string())));
    put("seconds_per_unit", terms.time_per_unit.map(|seconds| json!(seconds.to_string())));
    put("deadline_seconds", terms.deadline.map(|seconds| json!(seconds)));
    put("region", terms.region.as_ref().map(|region| json!(region)));
    put("verified", terms.verified.then_some(json!(true)));
    put("limit", Some(json!(terms.limit)));
    let way = match strategy {
        Strategy::Replicated { replicas, quorum, most, adaptive } => {
            put("replicas", Some(json!(replicas)));
            put("quorum", Some(json!(quorum)));
            put("most", Some(json!(most)));
            put("adaptive", Some(json!(adaptive)));
            "replicated"
        }
        Strategy::Sampled { samples, committee } => {
            put("samples", Some(json!(samples)));
            put("committee", Some(json!(committee)));
            "sampled"
        }
        Strategy::Optimistic { .. } => "optimistic",
        Strategy::Proven { .. } => "proven",
        Strategy::Attested { .. } => "attested",
        Strategy::Accepted { .. } => "accepted",
    };
    put("strategy", Some(json!(way)));
    ask
}

/// Base units that a job at this price locks, by the program's own arithmetic.
fn offer(units: u64, price: u64, strategy: Strategy) -> Result<u64> {
    let terms = JobTerms::new(0, [0; 32], String::new(), (units, price), 0);
    let cost = Cost::of(&JobTerms { strategy, ..terms });
    let too_much = || Error::Usage("units times price times seats is more than can ever exist: offer less".into());
    cost.map(|cost| cost.deposit).ok_or_else(too_much)
}

/// Seconds until the last of the seats that are asked for at first is done, if the machines that are soonest take them;
/// `None` where fewer fit.
fn expected_seconds(quote: &Value) -> Option<u64> {
    let mut seconds: Vec<_> = list_of(quote, "devices")
        .iter()
        .map(|device| number(device, "wait_seconds").saturating_add(number(device, "compute_seconds")))
        .collect();
    seconds.sort_unstable();
    let seats = usize::try_from(number(&quote["estimate"]["seats"], "first")).ok()?;
    seconds.get(seats.checked_sub(1)?).copied()
}

fn display(
    context: &Context,
    quote: &Value,
    payment: &PaymentMint,
    offer: Option<u64>,
    wait: Option<u64>,
    strategy: &Strategy,
) -> String {
    let (estimate, symbol) = (&quote["estimate"], context.symbol(&payment.mint));
    let money = |base: u64| format!("{} {symbol}", amount::format(base, payment.decimals));
    let spread = |field: &str| {
        let of = |which: &str| text(&estimate[field], which).parse().ok().map(money);
        match (of("p25"), of("median"), of("p75")) {
            (Some(low), Some(median), Some(high)) if low != high => format!("{median} ({low} to {high})"),
            (_, Some(median), _) => median,
            _ => "not known".into(),
        }
    };
    let asy = |field: &str| {
        let base = text(estimate, field).parse().ok();
        base.map_or("not known".to_owned(), |base| format!("{} ASY", amount::format(base, ASY_DECIMALS)))
    };
    let sol = |field: &str| format!("{} SOL", amount::format(number(estimate, field), SOL_DECIMALS));
    let head = facts(&[
        ("judged by", assay_sdk::strategy::words(strategy)),
        ("units", text(quote, "units").into_owned()),
        ("a unit costs", spread("price_per_unit")),
        ("you lock", offer.map_or_else(|| spread("deposit"), |deposit| format!("{} at your price", money(deposit)))),
        ("it will cost", spread("expected")),
        ("fee, within it", spread("protocol_fee")),
        ("bounties and rent", format!("{} and {}; what is not used comes back", sol("bounties"), sol("rent"))),
        ("operators' bond", format!("{} each, {} at risk", asy("bond"), asy("exposure"))),
        ("expected wait", wait.map_or("not known: too few machines fit".into(), words)),
        ("machines that fit", text(quote, "fit").into_owned()),
        ("", text(estimate, "note").into_owned()),
    ]);
    let devices = list_of(quote, "devices");
    if devices.is_empty() {
        return format!("{head}\n{}", text(quote, "explanation"));
    }
    let mut rows = table(&["machine", "operator", "score", "floor", "fails", "wait", "computes"]);
    for device in devices {
        let floor = format!("{} ASY/h", amount::format(number(device, "price_floor"), ASY_DECIMALS));
        let percent = |field| format!("{} %", amount::format(number(device, field), 2));
        rows.add_row([
            short(&text(device, "device")),
            short(&text(device, "operator")),
            percent("score_bps"),
            floor,
            percent("failure_bps"),
            words(number(device, "wait_seconds")),
            words(number(device, "compute_seconds")),
        ]);
    }
    format!("{head}\n{rows}\n\n{}", text(quote, "explanation"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_is_that_of_the_last_seat() {
        let device = |wait, compute| json!({"wait_seconds": wait, "compute_seconds": compute});
        let quote = |first| {
            let devices = [device(9, 1), device(0, 2), device(0, 5)];
            json!({"devices": devices, "estimate": {"seats": {"first": first}}})
        };
        assert_eq!([1, 2, 3].map(|first| expected_seconds(&quote(first))), [Some(2), Some(5), Some(10)]);
        assert_eq!(expected_seconds(&quote(4)), None);
    }

    #[test]
    fn an_offer_covers_every_seat() {
        assert_eq!(offer(32, 10, Strategy::ORDINARY).unwrap(), 960);
        assert_eq!(offer(32, 10, Strategy::Sampled { samples: 4, committee: 3 }).unwrap(), 320 + 3 * 40);
        assert!(offer(u64::MAX, 10, Strategy::ORDINARY).is_err());
    }
}
