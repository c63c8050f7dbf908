//! The market in numbers: sums that the database keeps as events come, never a scan of events.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;

use super::{
    numbers::{Numbers, Values, route, whole},
    resource::{Filter, Kind},
    sql::Statement,
};
use crate::serve::{State, problem::Problem};

const METRICS: &[&str] =
    &["volume", "jobs", "settled", "units", "price", "utilisation", "slashes", "burned", "fees", "emitted"];
const DAY: u64 = 86_400;
/// Most steps of a series.
const MAX_STEPS: u64 = 1_000;

const fn filter(name: &'static str, kind: Kind, text: &'static str) -> Filter {
    Filter { name, kind, sql: "", text }
}

pub fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(route(&STATS)).routes(route(&SERIES)).routes(route(&LEADERBOARD))
}

static STATS: Numbers = Numbers {
    path: "/v1/stats",
    id: "stats",
    tag: "market",
    text: "The market in numbers: jobs, units, seats, stake, slashes, supply, volume per mint, payment mints.",
    filters: &[],
    schema: "Stats",
    properties: || {
        let (count, amount) =
            (json!({"type": "integer", "minimum": 0}), json!({"type": "string", "pattern": "^-?\\d+$"}));
        json!({
            "jobs": {"type": "object", "required": ["total", "open", "running", "settled"],
                "properties": {"total": count, "open": count, "running": count, "settled": count}},
            "units_verified": amount, "seats_settled": count, "operators": count, "staked": amount, "slashed": amount,
            "burned": amount,
            "supply": {"type": "object", "required": ["minted", "burned", "current"],
                "properties": {"minted": amount, "burned": amount, "current": amount}},
            "volume": {"type": "array", "items": {"type": "object", "required": ["mint", "decimals", "amount"], "properties": {
                "mint": {"$ref": "#/components/schemas/Address"}, "decimals": {"type": ["integer", "null"]}, "amount": amount}}},
            "events": {"type": "integer", "minimum": 0, "description": "All that ever were, also those that are kept no more"},
            "mints": {"type": "array", "items": {"$ref": "#/components/schemas/PaymentMint"}},
        })
    },
    statement: |_| Ok(whole("SELECT json FROM stats", "", vec![])),
};

static SERIES: Numbers = Numbers {
    path: "/v1/stats/series",
    id: "series",
    tag: "market",
    text: "A number by hours or days (UTC), for each class and mint that has one. `volume`: paid and fees; `jobs`: posted; \
        `settled`: closed after settlement; `units`: of settled jobs; `price`: paid for a unit by a seat, in base units; \
        `utilisation`: seats in work for each slot of the machines, when the step ends; `slashes`, `burned`, `emitted`: base \
        units of ASY; `fees`: of settlements. A step in which nothing happened is left out.",
    filters: &[
        filter("metric", Kind::OneOf(METRICS), "Which number. Must be given."),
        filter("step", Kind::OneOf(&["hour", "day"]), "How long a step is; a day if not given."),
        filter("class", Kind::Small(4), "Only this class: of volume, jobs, settled, units, price, fees."),
        filter("mint", Kind::Address, "Only this mint: of volume, jobs, settled, units, price, fees."),
        filter("from", Kind::Time, "First step; 90 days or 48 hours before `to` if not given."),
        filter("to", Kind::Time, "Last step; now if not given."),
    ],
    schema: "Series",
    properties: || {
        json!({"metric": {"type": "string", "enum": METRICS}, "step": {"type": "string", "enum": ["hour", "day"]},
            "items": {"type": "array", "items": {"type": "object", "required": ["at", "class", "mint", "value"], "properties": {
                "at": {"type": "string", "format": "date-time", "description": "When the step begins"},
                "class": {"type": ["integer", "null"]}, "mint": {"type": ["string", "null"]},
                "value": {"type": "string", "pattern": "^-?\\d+(\\.\\d+)?$"}}}}})
    },
    statement: series,
};

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

fn series(values: &Values) -> Result<Statement, Problem> {
    let metric =
        values.get("metric").ok_or_else(|| Problem::bad(format!("metric must be one of {}", METRICS.join(", "))))?;
    let step = values.get("step").unwrap_or("day");
    let (seconds, usual) = if step == "hour" { (3_600, 48) } else { (DAY, 90) };
    let time = |name: &str| values.get(name).and_then(|text| text.parse::<u64>().ok());
    let to = time("to").unwrap_or_else(now);
    let from = time("from").unwrap_or_else(|| to.saturating_sub(seconds * usual));
    let backwards = to < from;
    let from = from - from % seconds;
    if backwards || (to - from) / seconds >= MAX_STEPS {
        return Err(Problem::bad(format!("from must be before to, and at most {MAX_STEPS} steps")));
    }
    let mut bound = vec![metric.to_owned(), step.to_owned(), from.to_string(), to.to_string()];
    let mut only = String::new();
    for (name, cast) in [("class", "smallint"), ("mint", "text")] {
        let Some(value) = values.get(name) else { continue };
        if !matches!(metric, "volume" | "jobs" | "settled" | "units" | "price" | "fees") {
            return Err(Problem::bad(format!("{metric} is not counted by {name}")));
        }
        bound.push(value.to_owned());
        only += &format!(" AND {name} = ${}::text::{cast}", bound.len());
    }
    let within = "step = $2::text AND at BETWEEN $3::text::bigint AND $4::text::bigint";
    // Two sums are divided, or one is taken as it is.
    let rows = match metric {
        "price" => format!(
            "SELECT at, class, mint, round(sum(value) FILTER (WHERE metric = 'paid')
                 / nullif(sum(value) FILTER (WHERE metric = 'seat_units'), 0), 6) AS value
             FROM rollups WHERE metric IN ('paid', 'seat_units') AND {within}{only} GROUP BY 1, 2, 3"
        ),
        "utilisation" => "SELECT at, -1::smallint AS class, '' AS mint, round(busy / nullif(slots, 0), 6) AS value
             FROM (SELECT at, sum(sum(value * CASE metric WHEN 'seats_claimed' THEN 1 WHEN 'seats_ended' THEN -1 ELSE 0 END))
                     OVER (ORDER BY at) AS busy,
                 sum(sum(CASE metric WHEN 'slots' THEN value ELSE 0 END)) OVER (ORDER BY at) AS slots
                 FROM rollups WHERE metric IN ('seats_claimed', 'seats_ended', 'slots') AND step = $2::text
                     AND at <= $4::text::bigint GROUP BY at) u
             WHERE at >= $3::text::bigint"
            .to_owned(),
        _ => format!(
            "SELECT at, class, mint, value FROM rollups
             WHERE metric = CASE $1::text WHEN 'slashes' THEN 'slashed' ELSE $1::text END AND {within}{only}"
        ),
    };
    let body = "SELECT jsonb_build_object('metric', $1::text, 'step', $2::text, 'items', coalesce(jsonb_agg(jsonb_build_object(
            'at', to_char(to_timestamp(at) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), 'class', nullif(class, -1),
            'mint', nullif(mint, ''), 'value', value::text) ORDER BY at, class, mint), '[]'))";
    Ok(whole(
        &format!("{body} FROM ({rows}) r WHERE value IS NOT NULL AND (value <> 0 OR $1::text = 'utilisation')"),
        "",
        bound,
    ))
}

static LEADERBOARD: Numbers = Numbers {
    path: "/v1/leaderboard",
    id: "leaderboard",
    tag: "market",
    text: "Operators by their verified work: units of the jobs in which they won a seat, seats won and lost, earned per mint, \
        slashed. Those with the most units first.",
    filters: &[
        filter(
            "period",
            Kind::OneOf(&["all", "30d", "7d"]),
            "Of all time, which it is if not given, or the last whole days.",
        ),
        filter("class", Kind::Small(4), "Only jobs of this class."),
        filter("limit", Kind::Small(100), "Most items, 1 to 100; 50 if not given."),
    ],
    schema: "Leaderboard",
    properties: || {
        let amount = json!({"type": "string", "pattern": "^\\d+$"});
        let count = json!({"type": "integer"});
        json!({"period": {"type": "string", "enum": ["all", "30d", "7d"]},
            "items": {"type": "array", "items": {"type": "object",
                "required": ["rank", "operator", "units", "seats_won", "seats_lost", "earned", "slashed"],
                "properties": {"rank": count, "operator": {"$ref": "#/components/schemas/Address"}, "units": amount,
                    "seats_won": count, "seats_lost": count, "slashed": amount,
                    "earned": {"type": "array", "items": {"$ref": "#/components/schemas/MintAmount"}}}}}})
    },
    statement: leaderboard,
};

fn leaderboard(values: &Values) -> Result<Statement, Problem> {
    let period = values.get("period").unwrap_or("all");
    let limit = values.get("limit").unwrap_or("50");
    if limit == "0" {
        return Err(Problem::bad("limit must be 1 to 100"));
    }
    let days = match period {
        "30d" => Some(30),
        "7d" => Some(7),
        _ => None,
    };
    let today = now() / DAY * DAY;
    let since = days.map_or(0, |days| today.saturating_sub((days - 1) * DAY));
    let step = if days.is_some() { "day" } else { "all" };
    let mut bound = vec![period.to_owned(), step.to_owned(), since.to_string(), limit.to_owned()];
    let class = values.get("class").map(|class| {
        bound.push(class.to_owned());
        // What was lost is not known by class.
        " AND class = $5::text::smallint"
    });
    let body = format!(
        "SELECT jsonb_build_object('period', $1::text, 'items', coalesce(jsonb_agg(jsonb_build_object('rank', rank,
             'operator', operator, 'units', units::text, 'seats_won', won, 'seats_lost', lost, 'earned', earned,
             'slashed', slashed::text) ORDER BY rank), '[]'))
         FROM (SELECT row_number() OVER (ORDER BY sum(units) DESC, sum(won) DESC, operator) AS rank, operator,
                 sum(units) AS units, sum(won)::bigint AS won, sum(lost)::bigint AS lost, sum(slashed) AS slashed,
                 coalesce(jsonb_agg(jsonb_build_object('mint', mint, 'amount', earned::text) ORDER BY mint)
                     FILTER (WHERE earned > 0), '[]') AS earned
             FROM (SELECT operator, mint, sum(units) AS units, sum(won) AS won, sum(lost) AS lost, sum(slashed) AS slashed,
                     sum(earned) AS earned
                 FROM operator_rollups WHERE step = $2::text AND at >= $3::text::bigint{} GROUP BY operator, mint) m
             GROUP BY operator HAVING sum(won) > 0 ORDER BY rank LIMIT $4::text::bigint) l",
        class.unwrap_or_default()
    );
    Ok(whole(&body, "", bound))
}

/// The schema of a number of base units, which may be large.
pub fn amount() -> Value {
    json!({"type": "string", "pattern": "^-?\\d+$"})
}
