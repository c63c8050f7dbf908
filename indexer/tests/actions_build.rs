//! Every action builds just the instructions that the SDK builds, in a transaction that only who asks must sign.

#![allow(clippy::unwrap_used)]

mod common;
#[path = "actions/escrow.rs"]
mod escrow;
#[path = "actions/others.rs"]
mod others;
#[path = "actions/support.rs"]
mod support;
#[path = "actions/verification.rs"]
mod verification;
#[path = "actions/world.rs"]
mod world;

use std::collections::BTreeSet;

use assay_indexer::serve::actions::{self, Kind};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use reqwest::StatusCode;
use serde_json::json;
use solana_sdk::{instruction::Instruction, pubkey::Pubkey, signature::Signature, transaction::VersionedTransaction};
use support::{ME, expected};

/// An action, what is given to it, and what it should build.
pub struct Built {
    action: &'static str,
    data: Vec<(&'static str, String)>,
    work: Vec<Instruction>,
}

/// `name=value` pairs with blanks between them.
pub fn built(action: &'static str, data: &str, work: impl Into<Vec<Instruction>>) -> Built {
    let pair = |pair: &'static str| {
        let (name, value) = pair.split_once('=').unwrap();
        (name, value.to_owned())
    };
    let data: &'static str = data.to_owned().leak();
    Built { action, data: data.split_whitespace().map(pair).collect(), work: work.into() }
}

/// 32 bytes in hex.
pub fn hash(byte: u8) -> String {
    hex::encode([byte; 32])
}

#[tokio::test]
async fn every_action_builds_what_the_sdk_builds() {
    let api = world::build().await;
    let all: Vec<_> = escrow::all().into_iter().chain(verification::all()).chain(others::all()).collect();
    let mut tried = BTreeSet::new();
    for Built { action, data, work } in &all {
        let (status, built) = api.build(action, data).await;
        assert_eq!(status, StatusCode::OK, "{action} {data:?}: {built}");
        let wire = built["transaction"].as_str().unwrap();
        let transaction: VersionedTransaction = bincode::deserialize(&STANDARD.decode(wire).unwrap()).unwrap();
        assert_eq!(wire, expected(work), "{action} {data:?}: {}", built["assay"]["instructions"]);
        // Unsigned, and only to be signed by who asks.
        assert_eq!(transaction.signatures, [Signature::default()]);
        assert_eq!(
            (transaction.message.header().num_required_signatures, transaction.message.static_account_keys()[0]),
            (1, ME)
        );
        let shown = built["assay"]["instructions"].as_array().unwrap();
        for (shown, ours) in shown.iter().zip(work) {
            let accounts: Vec<Pubkey> = shown["accounts"]
                .as_array()
                .unwrap()
                .iter()
                .map(|a| a["address"].as_str().unwrap().parse().unwrap())
                .collect();
            assert_eq!(accounts, ours.accounts.iter().map(|meta| meta.pubkey).collect::<Vec<_>>());
            assert_eq!(shown["data"], STANDARD.encode(&ours.data));
        }
        // The action's own instruction is among them, under its name.
        let names: Vec<_> =
            shown.iter().filter_map(|s| Some(format!("{}/{}", s["program"].as_str()?, s["name"].as_str()?))).collect();
        assert!(names.iter().any(|name| name == action), "{action}: {names:?}");
        // The runtime checks, and is paid for, an attestor's signature too.
        let fee = if *action == "verification/submit_attestation" { "Fee 0.00001 SOL" } else { "Fee 0.000005 SOL" };
        assert!(built["message"].as_str().unwrap().contains(fee), "{built}");
        tried.insert((*action).to_owned());
    }
    let every: BTreeSet<_> = actions::all().map(|action| format!("{}/{}", action.program, action.name)).collect();
    assert_eq!(every.difference(&tried).collect::<Vec<_>>(), Vec::<&String>::new(), "not tried");
}

#[tokio::test]
async fn what_needs_another_signature_is_refused() {
    let api = world::build().await;
    // The requester is another: nothing is built that the account could not sign.
    let terms = [("id", "5".to_owned()), ("cosign", "true".to_owned())];
    assert_eq!(api.build("governance/execute", &terms).await.0, StatusCode::OK);
    let mut action = world::action_terms();
    action.accounts[1].address = world::OTHER;
    let address = assay_sdk::addresses::action(&assay_sdk::addresses::proposal(5), 1);
    let action =
        assay_sdk::governance::Action { proposal: Pubkey::default(), index: 1, terms: action, version: 1, bump: 1 };
    api.store(&address, &action);
    let (status, refused) = api.build("governance/execute", &terms).await;
    let said = format!("this needs the signature of {} too, which {ME} cannot give", world::OTHER);
    assert_eq!((status, refused["message"].as_str().unwrap()), (StatusCode::UNPROCESSABLE_ENTITY, said.as_str()));
}

/// A value of a kind: mostly a good one, and addresses mostly of what is there.
fn odd(rng: &mut StdRng, kind: Kind) -> String {
    const STRANGE: [&str; 12] = [
        "",
        "-1",
        "0",
        "1e9",
        "null",
        "\0",
        "é\u{202e}",
        "../..",
        "'; DROP TABLE jobs; --",
        "{amount}",
        "all",
        "99999999999999999999999",
    ];
    let there = [
        world::JOB,
        world::OPEN,
        world::WIDE_JOB,
        world::PROVEN,
        world::CASE,
        world::USD,
        world::OPERATOR,
        world::KEY,
        ME,
    ];
    if rng.random_ratio(1, 12) {
        return (*STRANGE.choose(rng).unwrap()).into();
    }
    match kind {
        Kind::Address | Kind::Row(_) if rng.random_ratio(1, 6) => Pubkey::new_from_array(rng.random()).to_string(),
        Kind::Address | Kind::Row(_) => there.choose(rng).unwrap().to_string(),
        Kind::Asy | Kind::AsyOrAll | Kind::Tokens => format!("{}.{}", rng.random::<u32>(), rng.random::<u16>()),
        Kind::Whole(least, most) => [least, most, rng.random_range(least..=most)].choose(rng).unwrap().to_string(),
        Kind::Flag => rng.random::<bool>().to_string(),
        Kind::Choice(options) => options.choose(rng).unwrap().0.into(),
        Kind::Hex(bytes) => hex::encode((0..bytes).map(|_| rng.random()).collect::<Vec<u8>>()),
        Kind::Hashes(most) => vec![hash(rng.random()); rng.random_range(0..=most)].join(","),
        Kind::Url(most) => format!("a://{}", "x".repeat(rng.random_range(0..most))),
        Kind::Text(most) => {
            let alphabet = ["1", "0,", ":", "w", "AA==", "é", "4444444444444444444444444444444444444444444:7,"];
            let text: String = (0..rng.random_range(0..40)).map(|_| *alphabet.choose(rng).unwrap()).collect();
            text.chars().take(most / 2).collect()
        }
    }
}

#[tokio::test]
async fn odd_input_is_refused_and_never_breaks_anything() {
    let seed = rand::random();
    println!("seed {seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let api = world::build().await;
    let mut statuses = BTreeSet::new();
    let all: Vec<_> = actions::all().collect();
    for action in all.iter().cycle().take(1_500) {
        let mut data = serde_json::Map::new();
        for param in action.params {
            if rng.random_ratio(if param.required { 19 } else { 8 }, 20) {
                data.insert(param.name.into(), odd(&mut rng, param.kind).into());
            }
        }
        let path = format!("/v1/actions/{}/{}", action.program, action.name);
        let reply = api.post(&path, &json!({"account": ME.to_string(), "data": data})).await;
        let status = reply.status().as_u16();
        let body: serde_json::Value = reply.json().await.unwrap();
        assert!([200, 400, 404, 422].contains(&status), "seed {seed}: {path} {data:?} said {status} {body}");
        assert!(body["message"].as_str().is_some_and(|said| !said.is_empty()), "seed {seed}: {body}");
        statuses.insert(status);
    }
    assert_eq!(statuses.into_iter().collect::<Vec<_>>(), [200, 400, 404, 422], "seed {seed}");
}
