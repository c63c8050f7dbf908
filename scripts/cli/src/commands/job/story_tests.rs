//! The story of a real job, recorded on a localnet: three replicas, one operator lied.
//!
//! To record another: `ASSAY_LOCALNET=FOLDER JOB=ADDRESS cargo test -p assay-cli record -- --ignored`.

use assay_sdk::{escrow::Strategy, strategy};
use serde_json::json;

use super::*;
use crate::commands::job::{
    indexed::{Expected, Row},
    report::{Supply, document},
};

const RECORDING: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/settled-job.json");

/// (job, history)
fn recording() -> (Pubkey, Vec<Recorded>) {
    let recording: Value = serde_json::from_slice(&std::fs::read(RECORDING).unwrap()).unwrap();
    let transaction = |value: &Value| {
        let events = value["events"].as_array().unwrap().iter().map(|event| Event {
            program: text(event, "program").into_owned(),
            kind: text(event, "kind").into_owned(),
            data: event["data"].clone(),
        });
        let balances = value["balances"].as_object().unwrap().iter();
        Recorded {
            signature: text(value, "signature").into_owned(),
            slot: number(value, "slot"),
            compute_units: number(value, "compute_units"),
            balances: balances.map(|(key, lamports)| (key.parse().unwrap(), lamports.as_u64().unwrap())).collect(),
            events: events.collect(),
            notes: vec![],
        }
    };
    let job = text(&recording, "job").parse().unwrap();
    (job, recording["transactions"].as_array().unwrap().iter().map(transaction).collect())
}

#[tokio::test]
#[ignore = "writes the recording from a running localnet"]
async fn record() {
    let job: Pubkey = std::env::var("JOB").unwrap().parse().unwrap();
    let folder = std::env::var_os("ASSAY_LOCALNET").map(Into::into);
    let global = crate::args::Global { localnet: folder, ..Default::default() };
    let context = crate::context::Context::new(crate::config::Settings::resolve(&global).unwrap());
    let (history, _) = context.history(&job).await.unwrap();
    let accounts = Story::tell(&job, &history).unwrap().accounts(&job);
    let transactions = history.iter().map(|recorded| {
        let ours = recorded.balances.iter().filter(|(key, _)| accounts.contains(key));
        let events = recorded.events.iter().map(|e| json!({"program": e.program, "kind": e.kind, "data": e.data}));
        json!({
            "signature": recorded.signature, "slot": recorded.slot, "compute_units": recorded.compute_units,
            "balances": ours.map(|(key, lamports)| (key.to_string(), json!(lamports))).collect::<serde_json::Map<_, _>>(),
            "events": events.collect::<Vec<_>>(),
        })
    });
    let recording = json!({"job": job.to_string(), "transactions": transactions.collect::<Vec<_>>()});
    std::fs::write(RECORDING, serde_json::to_string_pretty(&recording).unwrap() + "\n").unwrap();
}

#[test]
fn a_settled_job_is_accounted_for_to_the_last_unit() {
    let (job, history) = recording();
    let story = Story::tell(&job, &history).unwrap();
    let figures = (story.units, story.deposit, story.refunded, story.parts.len());
    assert_eq!(figures, (32, 960_000, 320_000, 3));
    assert_eq!(strategy::read(&story.strategy), Some(Strategy::ORDINARY));
    let spent: u64 = story.parts.iter().map(|part| part.paid + part.fee).sum();
    assert_eq!(spent + story.refunded, story.deposit);
    let outcomes: Vec<_> = story.parts.iter().map(|p| (p.outcome, p.paid, p.fee, p.slashed)).collect();
    let won = ("won", 312_000, 8_000, 0);
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == won).count(), 2);
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == ("lost", 0, 0, 25_192_000_000)).count(), 1);
    assert_eq!(story.burned, 25_187_200_000);
    assert!(story.job_closed.is_some() && story.round_closed.is_some());
    let last = history.iter().rfind(|t| t.balances.contains_key(&job)).unwrap();
    assert_eq!(last.balances[&job], 0, "the recording ends with the job closed");
}

#[test]
fn the_document_is_exactly_the_summary() {
    let (job, history) = recording();
    let story = Story::tell(&job, &history).unwrap();
    let supply = Supply { minted: 100_000_000_000, supply: 74_812_800_000, burned_here: story.burned };
    let document = document(&job, &story, &[const { None }; 6], supply).unwrap();
    let value = serde_json::to_value(&document).unwrap();
    let keys = "job state root expected_root units strategy paid slashed cases jurors vault_balance_after supply_check transactions \
                compute_units rent_peak_lamports rent_left_lamports indexed_equals_chain";
    let mut keys: Vec<_> = keys.split_whitespace().collect();
    keys.sort_unstable();
    let mut found: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
    found.sort_unstable();
    assert_eq!(found, keys);
    assert_eq!((&value["state"], &value["supply_check"]), (&json!("settled"), &json!(true)));
    assert_eq!(
        (&value["units"], &value["strategy"], &value["transactions"]),
        (&json!(32), &strategy::json(&Strategy::ORDINARY), &json!(history.len()))
    );
    assert_eq!((&value["cases"], &value["jurors"]), (&json!([]), &json!([])));
    assert_eq!(value["paid"].as_array().unwrap().len(), 2);
    assert_eq!(value["paid"][0]["amount"], json!(312_000));
    assert_eq!(value["slashed"][0]["amount"], json!(25_192_000_000_u64));
    assert_eq!((&value["vault_balance_after"], &value["rent_left_lamports"]), (&json!(0), &json!(0)));
    assert_eq!(value["rent_peak_lamports"], json!(12_159_120));
    assert_eq!(value["compute_units"], json!(history.iter().map(|t| t.compute_units).sum::<u64>()));
    assert_eq!(value["root"], json!("6323076bf1cd57a68f439a8a5501bb5a2ecef9e97010b35528174498181c49fa"));
}

#[test]
fn a_supply_that_grew_or_burned_too_little_does_not_add_up() {
    let adds_up = |minted, supply| Supply { minted, supply, burned_here: 10 }.adds_up();
    assert!(adds_up(100, 90) && adds_up(100, 50));
    assert!(!adds_up(100, 91) && !adds_up(100, 101));
}

#[test]
fn rent_peaks_when_most_is_held_at_once() {
    let key = |n: u8| Pubkey::new_from_array([n; 32]);
    let after = |balances: &[(u8, u64)]| Recorded {
        balances: balances.iter().map(|(n, lamports)| (key(*n), *lamports)).collect(),
        ..Recorded::default()
    };
    // 9 is a stranger; 2 is closed in the transaction that opens 3.
    let history = [after(&[(1, 5), (9, 99)]), after(&[(2, 7)]), after(&[(2, 0), (3, 4)]), after(&[(1, 0), (3, 0)])];
    assert_eq!(rent_peak(&[key(1), key(2), key(3)], &history), 12);
    assert_eq!(rent_peak(&[key(1)], &[]), 0);
}

#[test]
fn a_ghost_that_comes_back_is_told_twice() {
    let (job, seat, operator) =
        (Pubkey::new_from_array([1; 32]), Pubkey::new_from_array([2; 32]), Pubkey::new_from_array([3; 32]));
    let event = |program: &str, kind: &str, mut data: Value| {
        data["job"] = json!(job.to_string());
        data["operator"] = json!(operator.to_string());
        data["seat"] = json!(seat.to_string());
        Event { program: program.into(), kind: kind.into(), data }
    };
    let events = vec![
        event("escrow", "JobPosted", json!({"mint": job.to_string(), "units": "1", "deposit": "10"})),
        event("escrow", "SeatClaimed", json!({"index": 1})),
        event("staking", "Slashed", json!({"amount": "7", "burned": "4"})),
        event("escrow", "SeatSlashed", json!({"reason": "Ghost", "amount": "9", "last": {}})),
        event("escrow", "SeatClaimed", json!({"index": 1})),
        event("verification", "RoundFinalized", json!({"root": "0".repeat(64), "winners": 0, "losers": 2})),
    ];
    let history = [Recorded { events, ..Recorded::default() }];
    let story = Story::tell(&job, &history).unwrap();
    let [part] = story.parts.as_slice() else { panic!("{:?}", story.parts) };
    assert_eq!((part.outcome, part.slashed, part.of_seat, part.last.is_none()), ("lost", 7, (0, 0), true));
    assert_eq!((story.burned, story.root), (4, None));
}

#[test]
fn the_account_judges_where_no_event_does() {
    let (job, history) = recording();
    let posted = history.iter().take_while(|t| !t.events.iter().any(|event| event.kind == "RoundFinalized"));
    let mut story = Story::tell(&job, &posted.cloned().collect::<Vec<_>>()).unwrap();
    assert!(story.root.is_none() && story.parts.iter().all(|part| part.outcome == "pending"));
    story.judge(&json!({"root": "ab".repeat(32), "winners": 5, "losers": 2}));
    let mut outcomes: Vec<_> = story.parts.iter().map(|part| (part.index, part.outcome)).collect();
    outcomes.sort_unstable();
    assert_eq!(outcomes, [(0, "won"), (1, "lost"), (2, "won")]);
    assert_eq!(story.root, Some("ab".repeat(32)));
}

#[test]
fn a_dispute_is_told_with_its_jurors() {
    let key = |n: u8| Pubkey::new_from_array([n; 32]);
    let event = |program: &str, kind: &str, data: Value| Event { program: program.into(), kind: kind.into(), data };
    let of_job = |kind: &str, mut data: Value| {
        data["job"] = json!(key(1).to_string());
        event("verification", kind, data)
    };
    // Votes do not name the job.
    let of_ballot = |kind: &str, n: u8, mut data: Value| {
        data["operator"] = json!(key(n).to_string());
        data["ballot"] = json!(key(n + 100).to_string());
        data["case"] = json!(key(5).to_string());
        event("verification", kind, data)
    };
    let case = key(5).to_string();
    let stranger = json!({"case": key(6).to_string(), "ballot": key(107).to_string(), "operator": key(7).to_string(), "paid": "99"});
    let events = vec![
        event(
            "escrow",
            "JobPosted",
            json!({"job": key(1).to_string(), "mint": key(2).to_string(), "units": "1", "deposit": "10"}),
        ),
        of_job("CaseOpened", json!({"case": case, "opener": key(3).to_string(), "kind": {"Challenge": {"unit": "4"}}})),
        of_job("CaseAnswered", json!({"case": case, "operator": key(4).to_string(), "complete": true})),
        of_job("JurorJoined", json!({"case": case, "operator": key(7).to_string(), "ballot": key(107).to_string()})),
        of_job("JurorJoined", json!({"case": case, "operator": key(8).to_string(), "ballot": key(108).to_string()})),
        of_job("CaseConcluded", json!({"case": case, "ruling": "Decided", "decision": "ab"})),
        of_ballot("BallotSettled", 7, json!({"paid": "5"})),
        event("verification", "BallotSettled", stranger),
        event("staking", "Slashed", json!({"operator": key(8).to_string(), "amount": "20", "burned": "10"})),
        of_ballot("BallotSlashed", 8, json!({"amount": "21"})),
    ];
    let recorded = |events| Recorded { events, ..Recorded::default() };
    let mut history = vec![recorded(events)];
    let story = Story::tell(&key(1), &history).unwrap();
    let [dispute] = story.disputes.as_slice() else { panic!("{:?}", story.disputes) };
    assert_eq!((dispute.about.as_str(), dispute.ruling.as_str(), dispute.upheld), ("unit 4", "decided", None));
    let money: Vec<_> = story.jurors.iter().map(|juror| (juror.paid, juror.slashed)).collect();
    assert_eq!((money, story.burned), (vec![(5, 0), (0, 20)], 10));
    let held = [key(5), addresses::case_vault(&key(5)), key(107), key(108), addresses::surety(&key(1), &key(4))];
    assert_eq!(story.accounts(&key(1))[3..], held);

    let last = json!({"ruling": "Decided", "kind": {"Challenge": {"unit": "4"}}, "claim": "cd", "decision": "ab"});
    history.push(recorded(vec![of_job("CaseClosed", json!({"case": case, "last": last}))]));
    assert_eq!(Story::tell(&key(1), &history).unwrap().disputes[0].upheld, Some(false));
}

#[test]
fn no_job_no_story() {
    let (_, history) = recording();
    let said = Story::tell(&Pubkey::new_from_array([9; 32]), &history).unwrap_err().to_string();
    assert!(said.contains("has no job"), "{said}");
}

/// What the indexer should serve of the recorded job.
fn reply(expected: &Expected) -> Value {
    let row = |row: &Row| {
        let mut value = row.data.clone();
        value["address"] = json!(row.address.to_string());
        value["closed_slot"] = json!("9");
        value
    };
    let seats = expected.seats.iter().map(|(seat, outcome, paid, slashed)| {
        let mut value = row(seat);
        value["outcome"] = json!(outcome);
        value["paid"] = json!(paid.to_string());
        value["slashed"] = json!(slashed.to_string());
        value
    });
    json!({"job": row(&expected.job), "round": row(expected.round.as_ref().unwrap()), "seats": seats.collect::<Vec<_>>()})
}

#[test]
fn every_difference_of_the_indexer_is_seen() {
    let (job, history) = recording();
    let story = Story::tell(&job, &history).unwrap();
    let expected = Expected::new(&story, &story.accounts(&job), &[const { None }; 6]).unwrap();
    let good = reply(&expected);
    assert_eq!(expected.differences(&good), Vec::<String>::new());
    let table = [
        ("/job/state", json!("Verified"), "state is \"Settled\""),
        ("/job/root", json!("00"), "root is"),
        ("/job/closed_slot", Value::Null, "is closed, the indexer says open"),
        ("/round/revealed", json!(0), "revealed is 3"),
        ("/round", Value::Null, "has no round"),
        ("/seats/0/paid", json!("1"), "paid is"),
        ("/seats/1/outcome", json!("pending"), "outcome is"),
        ("/seats/2/slashed", json!("1"), "slashed is"),
        ("/seats/0/commitment", json!("00"), "commitment is"),
        ("/seats/0/address", json!("x"), "has no seat"),
        ("/seats", json!([]), "has 0 seats, the chain 3"),
    ];
    for (pointer, value, said) in table {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = value;
        let found = expected.differences(&bad).join("\n");
        assert!(found.contains(said), "{pointer}: {found:?}");
    }
}
