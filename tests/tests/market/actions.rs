//! A wallet's way: every transaction comes from the API's actions, is signed here and sent by the chain's RPC.

use std::{path::Path, process::Command};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use solana_sdk::signer::{Signer, keypair::read_keypair_file};

use crate::support::{Market, wait};

/// Where a transaction's one signature is, and where its message begins.
const SIGNATURE: std::ops::Range<usize> = 1..65;

/// POST JSON; the reply's status and body.
fn post(url: &str, body: &Value) -> (u16, Value) {
    let args = ["-sS", "--max-time", "20", "-H", "content-type: application/json", "-w", "\n%{http_code}", "-d"];
    let reply = Command::new("curl").args(args).args([&body.to_string(), url]).output().unwrap();
    let text = String::from_utf8(reply.stdout).unwrap();
    let (body, status) = text.rsplit_once('\n').unwrap_or_else(|| panic!("{url} said {text:?}: {:?}", reply.stderr));
    (status.parse().unwrap(), serde_json::from_str(body).unwrap_or_else(|why| panic!("{url} said {body}: {why}")))
}

/// Asks for an action as `wallet`.
fn ask(market: &Market, wallet: &Path, action: &str, data: Value) -> (u16, Value) {
    let account = read_keypair_file(wallet).unwrap().pubkey().to_string();
    post(&format!("{}/v1/actions/{action}", market.field("api")), &json!({"account": account, "data": data}))
}

/// Asks for an action, signs what comes, and sends it; returns the reply.
fn act(market: &Market, wallet: &Path, action: &str, data: Value) -> Value {
    let (status, built) = ask(market, wallet, action, data);
    assert_eq!(status, 200, "{action}: {built}");
    let mut bytes = STANDARD.decode(built["transaction"].as_str().unwrap()).unwrap();
    assert_eq!((bytes[0], &bytes[SIGNATURE]), (1, &[0; 64][..]), "one signature, and nobody gave it");
    let signature = read_keypair_file(wallet).unwrap().sign_message(&bytes[SIGNATURE.end..]);
    bytes[SIGNATURE].copy_from_slice(signature.as_ref());
    let params = json!([STANDARD.encode(&bytes), {"encoding": "base64", "preflightCommitment": "confirmed"}]);
    let send = json!({"jsonrpc": "2.0", "id": 1, "method": "sendTransaction", "params": params});
    let (_, sent) = post(&market.field("rpc"), &send);
    assert_eq!(sent["result"], signature.to_string(), "{action}: {sent}");
    built
}

#[test]
fn a_wallet_posts_cancels_and_stakes_with_nothing_but_actions() {
    let market = Market::start(3, 0);
    let wallet = market.funded("wallet");
    let me = read_keypair_file(&wallet).unwrap().pubkey().to_string();

    // Nobody can fetch this spec, so no node takes a seat, and the job can be cancelled.
    let terms = json!({
        "mint": market.field("payment_mint"), "units": "4", "price_per_unit": "0.01", "strategy": "replicated",
        "spec_hash": "ab".repeat(32), "uri": "http://127.0.0.1:9/nothing", "deadline_seconds": "3600",
    });
    let posted = act(&market, &wallet, "escrow/post_job", terms);
    let job = posted["assay"]["summary"]["addresses"]["job"].as_str().unwrap().to_owned();
    let open = wait("the job to be indexed", || market.job(&job));
    assert_eq!((&open["job"]["requester"], &open["job"]["units"]), (&json!(me), &json!("4")));
    // 4 units at 0.01 tUSD for each of three seats; the summary said so before it was signed.
    let changes = posted["assay"]["summary"]["changes"].as_array().unwrap().clone();
    let paid = changes.iter().find(|change| change["symbol"] == "tUSD").unwrap_or_else(|| panic!("{changes:?}"));
    assert_eq!((&paid["change"], &paid["text"]), (&json!("-120000"), &json!("-0.12 tUSD")));

    let cancelled = act(&market, &wallet, "escrow/cancel_job", json!({"job": job}));
    assert!(cancelled["message"].as_str().unwrap().contains("+0.12 tUSD"), "{}", cancelled["message"]);
    wait("the job to be cancelled and closed", || {
        let job = market.job(&job)?;
        (job["job"]["status"] == "cancelled" && job["job"]["closed_slot"].is_string()).then_some(())
    });

    act(&market, &wallet, "staking/open_pool", json!({"commission_bps": "100", "classes": "0"}));
    wait("the pool to be there", || {
        let (status, _) = ask(&market, &wallet, "staking/stake", json!({"amount": "1.5"}));
        (status == 200).then_some(())
    });
    let staked = act(&market, &wallet, "staking/stake", json!({"amount": "1.5"}));
    assert!(staked["message"].as_str().unwrap().starts_with(&format!("Stakes 1.5 ASY in the pool of {me}")));
    wait("the stake to be indexed", || {
        let operators = market.get("/v1/operators")?;
        let mine = operators["items"].as_array()?.iter().find(|operator| operator["operator"] == json!(me))?.clone();
        (mine["active"] == "1500000000").then_some(())
    });

    // What would fail is refused before anybody signs it, in the program's own words.
    let (status, refused) = ask(&market, &wallet, "escrow/cancel_job", json!({"job": job}));
    assert_eq!(status, 404, "{refused}");
    let (status, refused) = ask(&market, &wallet, "staking/request_unstake", json!({"amount": "2"}));
    assert_eq!(
        (status, &refused["message"]),
        (422, &json!("there are 1.5 ASY staked: ask for more than 0 and at most that"))
    );
    let (status, refused) = ask(&market, &wallet, "staking/close_pool", json!({}));
    assert_eq!(status, 422, "{refused}");
    assert!(refused["program_error"]["code"].as_u64().unwrap() >= 6000, "{refused}");
}
