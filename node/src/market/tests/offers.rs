//! What an operator's rules take, and what they do not.

use assay_sdk::escrow::Bid;

use super::*;
use crate::market::rules::Offer;

const HASH: &str = "abababababababababababababababababababababababababababababababab";

fn rules(text: &str) -> Policy {
    Policy { rules: Rules::parse(text).unwrap(), ..Policy::default() }
}

/// An auction of one optimistic seat for 10, posted a while ago.
fn auction() -> Job {
    let strategy = Strategy::Optimistic { window: 20 };
    Job { replicas: 1, strategy, prices: vec![0], units: 5, ..job() }
}

fn bid(price: u64) -> Bid {
    Bid {
        version: 1,
        bump: 0,
        job: address(),
        operator: me(),
        device: key(7),
        price,
        exposure: 30,
        expires_at: 1_050,
        posted_at: 900,
    }
}

fn with_bid(price: u64) -> Snapshot {
    Snapshot { bids: HashMap::from([(address(), bid(price))]), ..snapshot(Some(auction()), None, vec![]) }
}

/// Why a job is refused; asserts that it is not planned then, and is if not.
fn why(text: &str, market: &Snapshot) -> Option<Refusal> {
    let decided = decide(market, &rules(text));
    let claims = decided.actions.iter().any(|(_, action)| matches!(action, Action::Claim | Action::Bid));
    assert_eq!(claims, decided.refused.is_empty(), "{decided:?}");
    decided.refused.first().map(|(_, why)| *why)
}

#[test]
fn each_rule_refuses_for_its_own_reason() {
    let market = snapshot(Some(job()), Some(fresh()), vec![]);
    let mint = key(8);
    let price = |line: &str| format!("price = [{{ mint = '{mint}', {line} }}]");
    assert_eq!(why("", &market), None);
    for (text, expected) in [
        ("classes = [1, 2]", Some(Refusal::Class)),
        ("strategies = ['sampled']", Some(Refusal::Strategy)),
        ("strategies = ['replicated']", None),
        (&format!("requesters = {{ deny = ['{}'] }}", key(9)), Some(Refusal::Requester)),
        (&format!("requesters = {{ allow = ['{}'] }}", key(3)), Some(Refusal::Requester)),
        (&format!("requesters = {{ allow = ['{}'] }}", key(9)), None),
        ("other_mints = false", Some(Refusal::Mint)),
        (&price("per_unit = 11"), Some(Refusal::UnitPrice)),
        (&price("per_unit = 10"), None),
        ("exposure = { per_job = 29 }", Some(Refusal::JobExposure)),
        ("exposure = { per_job = 30 }", None),
        // 70 are locked.
        ("exposure = { total = 99 }", Some(Refusal::TotalExposure)),
        ("exposure = { total = 100 }", None),
        // The chain's clock stands at 00:16 of a Thursday.
        ("schedule.open = [{ days = ['fri'], from = '00:00', to = '00:00' }]", Some(Refusal::Schedule)),
        ("schedule.open = [{ days = ['thu'], from = '00:16', to = '00:17' }]", None),
    ] {
        assert_eq!(why(text, &market), expected, "{text}");
    }
}

#[test]
fn what_a_spec_says_is_asked_once_it_is_known() {
    let mut market = snapshot(Some(job()), Some(fresh()), vec![]);
    let fuel = format!("price = [{{ mint = '{}', per_billion_fuel = 5 }}]", key(8));
    let pinned = format!("programs = {{ pinned = ['{HASH}'] }}");
    assert_eq!((why(&fuel, &market), why(&pinned, &market)), (None, None));
    let posting = posting(&address(), &job());
    market.facts.insert(posting, Facts { fuel: 2_000_000_001, program: [0xab; 32] });
    assert_eq!((why(&fuel, &market), why(&pinned, &market)), (Some(Refusal::FuelPrice), None));
    market.facts.insert(posting, Facts { fuel: 2_000_000_000, program: [0xac; 32] });
    assert_eq!((why(&fuel, &market), why(&pinned, &market)), (None, Some(Refusal::Program)));
}

#[test]
fn a_price_is_what_is_left_of_it() {
    let rules = rules(&format!("price = [{{ mint = '{}', per_unit = 10 }}]", key(8))).rules;
    let taxed = Job { fee_bps: 250, ..auction() };
    let refuses = |price| rules.refuses(&taxed, Offer { price, units: 5 }, None, NOW);
    // 50 are wanted: 51 leave 49 of them, 52 leave 50.
    assert_eq!((refuses(51), refuses(52)), (Some(Refusal::UnitPrice), None));
}

#[test]
fn exposure_is_counted_over_all_that_is_planned_at_once() {
    let mut market = snapshot(Some(job()), Some(fresh()), vec![]);
    market.jobs.insert(key(51), job());
    market.rounds.insert(key(51), Round { job: key(51), ..fresh() });
    market.me.pool.active = 1_000;
    market.me.pool.weight.now = 100;
    market.totals.weight = market.me.pool.weight;
    let claims = |text: &str| {
        let decided = decide(&market, &rules(text));
        let claims = decided.actions.iter().filter(|(_, action)| *action == Action::Claim).count();
        (claims, decided.refused.len())
    };
    assert_eq!(claims("exposure = { total = 130 }"), (2, 0));
    assert_eq!(claims("exposure = { total = 129 }"), (1, 1));
}

#[test]
fn auctions_are_bid_for_by_who_wants_to() {
    let market = snapshot(Some(auction()), None, vec![]);
    let planned = |text: &str, market: &Snapshot| {
        let all = decide(market, &rules(text)).actions;
        all.into_iter()
            .map(|(_, action)| action)
            .filter(|action| !matches!(action, Action::Draw { .. }))
            .collect::<Vec<_>>()
    };
    assert_eq!(planned("", &market), []);
    assert_eq!(planned("bidding = { on = true }", &market), [Action::Bid]);
    assert_eq!(planned("bidding = { on = true, after_seconds = 100 }", &market), []);
    assert_eq!(planned("classes = [1]\nbidding = { on = true }", &market), []);
    let closed = Policy { closed: true, ..rules("bidding = { on = true }") };
    assert!(decide(&market, &closed).actions.iter().all(|(_, action)| *action != Action::Bid));
    // Another one's stake would not do.
    let poor = Snapshot { me: Me { pool: Pool { active: 99, ..market.me.pool }, ..market.me }, ..market };
    assert_eq!(planned("bidding = { on = true }", &poor), []);
}

#[test]
fn a_bid_is_taken_back_when_it_holds_no_more() {
    let on = "bidding = { on = true }\n";
    let mint = key(8);
    let planned = |text: &str, market: &Snapshot, closed: bool| {
        let all = decide(market, &Policy { closed, ..rules(text) }).actions;
        all.into_iter().any(|(_, action)| action == Action::WithdrawBid)
    };
    assert!(!planned(on, &with_bid(10), false));
    assert!(planned(on, &with_bid(10), true), "a draining node bids for nothing");
    assert!(planned("", &with_bid(10), false), "nor does one that was told not to");
    let price = format!("{on}price = [{{ mint = '{mint}', per_unit = 2 }}]");
    assert!(planned(&price, &with_bid(9), false) && !planned(&price, &with_bid(10), false), "its price has risen");
    let late = Snapshot { now: 1_051, ..with_bid(10) };
    assert!(planned(on, &late, false), "it has expired");
    let mut other = with_bid(10);
    other.jobs.insert(address(), Job { posted_at: 901, ..auction() });
    assert!(planned(on, &other, false), "another job stands there");
    other.jobs.clear();
    assert!(planned(on, &other, false), "or none");
}

#[test]
fn what_is_bid() {
    let mint = key(8);
    let dear = Job { seat_price: 1_000, fee_bps: 1_000, ..auction() };
    let with = |line: &str| Rules::parse(&format!("{line}\nbidding = {{ on = true, margin_bps = 2000 }}")).unwrap();
    assert_eq!(with("").bid(&dear, None), 1_000, "without a price of its own, what is offered");
    let units = with(&format!("price = [{{ mint = '{mint}', per_unit = 30, per_billion_fuel = 100 }}]"));
    // 150, a fifth more is 180, of which 200 leave it.
    assert_eq!(units.bid(&dear, None), 200);
    assert_eq!(units.bid(&dear, Some(&Facts { fuel: 600_000_000, program: [0; 32] })), 400);
    assert_eq!(units.bid(&Job { seat_price: 170, ..dear.clone() }, None), 170, "and never more than that");
}

#[test]
fn juries_are_a_choice() {
    let mut market = snapshot(Some(job()), None, vec![]);
    market.cases.insert(cases::at(), cases::case(verification::CasePhase::Judging));
    let joins = |text: &str| {
        let decided = decide(&market, &rules(text));
        let join = Action::Case { case: cases::at(), step: plan::Step::Join };
        let refused = decided.refused.iter().find(|(at, _)| *at == cases::at()).map(|(_, why)| *why);
        (decided.actions.iter().any(|(_, action)| *action == join), refused)
    };
    assert_eq!(joins(""), (true, None));
    assert_eq!(joins("juries = false"), (false, Some(Refusal::Juries)));
    assert_eq!(joins("exposure = { per_job = 1 }"), (false, Some(Refusal::JobExposure)));
}

#[test]
fn what_is_no_policy_is_told() {
    let said = |text: &str| Rules::parse(text).unwrap_err().to_string();
    assert!(said("clases = [1]").contains("unknown field `clases`"));
    assert!(said("classes = [5]").contains("there are 0 to 4"));
    assert!(said("strategies = ['all']").contains("unknown variant `all`"));
    assert!(said("requesters = { deny = ['me'] }").contains("\"me\" is no address"));
    assert!(said("programs = { pinned = ['ab'] }").contains("\"ab\" is no sha256"));
    assert!(said("jobs = 0").contains("assay operator drain"));
    let twice = format!("price = [{{ mint = '{0}' }}, {{ mint = '{0}' }}]", key(8));
    assert!(said(&twice).contains("a mint is named twice"));
}

/// The sample says what holds without it, but for its examples.
#[test]
fn the_sample_is_a_policy() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/node-policy.toml")).unwrap();
    assert_eq!(Rules::parse(&text).unwrap(), Rules::default());
    // Nor do the lines that it comments out hold a mistake.
    let all: String =
        text.lines().map(|line| line.strip_prefix("#= ").unwrap_or(line)).map(|l| format!("{l}\n")).collect();
    let rules = Rules::parse(&all).unwrap();
    assert!(rules.bidding.on && rules.price.len() == 1 && rules.programs.pinned.len() == 1 && rules.jobs == Some(2));
}
