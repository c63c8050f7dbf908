//! Actions over real HTTP: documents, headers, transactions and refusals, on a scripted chain.

#![allow(clippy::unwrap_used)]

mod common;
#[path = "actions/support.rs"]
mod support;

use std::collections::BTreeSet;

use assay_indexer::{serve::actions, store::Table};
use assay_sdk::{addresses, instructions, ix, staking::Pool, token::ASY_MINT};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use solana_sdk::{pubkey::Pubkey, transaction::VersionedTransaction};
use support::{Api, GENESIS, ME, Stored, blank, expected, holding, key};

#[test]
fn every_instruction_is_an_action_or_an_exception_with_its_reason() {
    let known: BTreeSet<_> = instructions::all().iter().map(|ix| (ix.program.clone(), ix.name.clone())).collect();
    let of = |program: &str, name: &str| (program.to_owned(), name.to_owned());
    let actions: Vec<_> = actions::all().map(|action| of(action.program, action.name)).collect();
    let exceptions: Vec<_> = actions::EXCEPTIONS.iter().map(|except| of(except.program, except.name)).collect();
    let all: Vec<_> = actions.iter().chain(&exceptions).cloned().collect();
    let set: BTreeSet<_> = all.iter().cloned().collect();
    assert_eq!(set.len(), all.len(), "one is there twice");
    assert_eq!(
        known.difference(&set).collect::<Vec<_>>(),
        Vec::<&(String, String)>::new(),
        "neither one nor the other"
    );
    assert_eq!(set.difference(&known).collect::<Vec<_>>(), Vec::<&(String, String)>::new(), "in no IDL");
    assert_eq!((actions.len(), exceptions.len()), (89, 61));
    assert!(actions::EXCEPTIONS.iter().all(|except| except.reason.len() > 20));
}

#[test]
fn the_registry_is_sound() {
    let tables: Vec<_> = Table::ALL.iter().map(|table| table.name()).collect();
    for action in actions::all() {
        let path = format!("{}/{}", action.program, action.name);
        let names: BTreeSet<_> = action.params.iter().map(|param| param.name).collect();
        assert_eq!(names.len(), action.params.len(), "{path} has a parameter twice");
        let taken = ["account", "data", "type", "compute_unit_price"];
        assert!(taken.iter().all(|name| !names.contains(name)), "{path}");
        assert!(action.about.ends_with('.') && !action.title.is_empty() && action.label.len() <= 12, "{path}");
        if let Some(next) = action.next {
            assert!(
                actions::all().any(|other| format!("{}/{}", other.program, other.name) == next),
                "{path} to {next}"
            );
        }
        for param in action.params {
            let debug = format!("{:?}", param.kind);
            let table = debug.strip_prefix("Row(\"").and_then(|rest| rest.strip_suffix("\")"));
            assert!(table.is_none_or(|table| tables.contains(&table)), "{path} {debug}");
        }
    }
}

#[tokio::test]
async fn documents_are_those_of_the_specification() {
    let api = Api::start(&[]).await;
    let path = "/v1/actions/**";
    assert_eq!(api.json("/actions.json").await, json!({"rules": [{"pathPattern": path, "apiPath": path}]}));

    let burn = json!({
        "type": "action", "icon": "/v1/actions/icon.svg", "title": "Burn ASY", "label": "Burn",
        "description": "Destroys ASY of yours for good. It makes no room for new ones.",
        "links": {"actions": [{"type": "transaction", "href": "/v1/actions/token/burn?amount={amount}", "label": "Burn",
            "parameters": [{"type": "text", "name": "amount", "label": "Amount in whole ASY", "required": true,
                "pattern": r"^\d*\.?\d{0,9}$", "patternDescription": "whole ASY, such as 12.5"}]}]},
    });
    assert_eq!(api.json("/v1/actions/token/burn").await, burn);

    // What is given is fixed in the link.
    let operator = key(5).to_string();
    let stake = api.json(&format!("/v1/actions/staking/stake?operator={operator}")).await;
    let link = &stake["links"]["actions"][0];
    assert_eq!(link["href"], format!("/v1/actions/staking/stake?operator={operator}&amount={{amount}}"));
    assert_eq!(link["parameters"].as_array().unwrap().len(), 1);
    assert!(stake["description"].as_str().unwrap().ends_with(&format!(" Given: operator = {operator}.")));

    let vote = api.json("/v1/actions/governance/vote").await;
    let fields = vote["links"]["actions"][0]["parameters"].as_array().unwrap();
    let choice = json!({"type": "select", "name": "choice", "label": "Your vote", "required": true, "options": [
        {"label": "Yes", "value": "yes"}, {"label": "No", "value": "no"}, {"label": "Abstain", "value": "abstain"}]});
    assert_eq!(fields[1], choice);
    let record = api.json("/v1/actions/reputation/open_record").await;
    let class = json!({"type": "number", "name": "class", "label": "Class", "required": true, "min": 0, "max": 4});
    assert_eq!(record["links"]["actions"][0]["parameters"], json!([class]));
    // One without fields is one button.
    let emit = api.json("/v1/actions/token/emit_epoch").await;
    assert_eq!(emit["links"]["actions"][0]["href"], "/v1/actions/token/emit_epoch");
    assert_eq!(emit["links"]["actions"][0].get("parameters"), None);

    let all = api.json("/v1/actions").await;
    assert_eq!(all["actions"].as_array().unwrap().len(), actions::all().count());
    assert_eq!(all["exceptions"].as_array().unwrap().len(), actions::EXCEPTIONS.len());
    for entry in all["actions"].as_array().unwrap() {
        let shown = api.json(entry["href"].as_str().unwrap()).await;
        assert_eq!(shown["title"], entry["title"]);
    }
    let icon = api.get("/v1/actions/icon.svg").await;
    assert_eq!(icon.headers()["content-type"], "image/svg+xml");
    assert!(icon.text().await.unwrap().starts_with("<svg"));
}

#[tokio::test]
async fn links_begin_where_the_operator_says_and_never_where_a_request_does() {
    let api = Api::start(&["--public-url", "https://api.example.org/"]).await;
    let request = api.http.get(format!("{}/v1/actions/token/burn", api.base));
    let request = request.header("host", "evil.example").header("x-forwarded-host", "evil.example");
    let text = request.send().await.unwrap().text().await.unwrap();
    assert!(!text.contains("evil"), "{text}");
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["icon"], "https://api.example.org/v1/actions/icon.svg");
    let href = "https://api.example.org/v1/actions/token/burn?amount={amount}";
    assert_eq!(document["links"]["actions"][0]["href"], href);
}

#[tokio::test]
async fn every_reply_has_the_headers_that_wallets_need() {
    let api = Api::start(&[]).await;
    let id = format!("solana:{}", &GENESIS[..32]);
    let paths = ["/actions.json", "/v1/actions", "/v1/actions/token/burn", "/v1/actions/no/such", "/v1/actions/a/b/c"];
    for (method, path) in paths.iter().flat_map(|path| [Method::GET, Method::POST, Method::OPTIONS].map(|m| (m, path)))
    {
        let request =
            api.http.request(method.clone(), format!("{}{path}", api.base)).header("origin", "https://wallet");
        let request = request.header("access-control-request-method", "POST");
        let reply = request.send().await.unwrap();
        let header = |name: &str| reply.headers().get(name).unwrap_or_else(|| panic!("{method} {path}: no {name}"));
        assert_eq!(header("access-control-allow-origin"), "*");
        assert_eq!(header("access-control-allow-methods"), "GET,POST,OPTIONS");
        assert!(header("access-control-allow-headers").to_str().unwrap().starts_with("Content-Type,Authorization"));
        assert_eq!(header("access-control-expose-headers"), "X-Action-Version,X-Blockchain-Ids");
        assert_eq!(header("x-action-version"), "2.4");
        assert_eq!(header("x-blockchain-ids"), id.as_str());
        if method == Method::OPTIONS {
            assert_eq!(reply.status(), StatusCode::NO_CONTENT);
        }
    }
    assert_eq!(api.get("/v1/jobs").await.headers().get("x-action-version"), None);
}

#[tokio::test]
async fn what_cannot_be_done_now_is_disabled_with_the_reason() {
    let api = Api::start(&[]).await;
    api.row("escrow_configs", &key(90), json!({"paused": true})).await;
    let post = api.json("/v1/actions/escrow/post_job").await;
    let why = "the escrow program is paused: nothing new begins until it is resumed";
    assert_eq!((&post["disabled"], &post["error"]), (&json!(true), &json!({"message": why})));
    // Exits are not stopped.
    assert_eq!(api.json("/v1/actions/escrow/cancel_job").await.get("disabled"), None);

    api.row("jobs", &key(91), json!({"requester": key(1).to_string(), "state": "Settled", "posted_at": "1"})).await;
    let path = format!("/v1/actions/escrow/cancel_job?job={}", key(91));
    assert_eq!(api.json(&path).await.get("disabled"), None);
    sqlx::query("UPDATE jobs SET closed_slot = slot").execute(&api.pool).await.unwrap();
    let closed = api.json(&path).await;
    assert_eq!(closed["error"]["message"], format!("the job {} was closed in slot 7", key(91)));
}

/// A wallet with 10 ASY and a pool.
async fn staker() -> Api {
    let api = Api::start(&[]).await;
    api.put(&ME, &ix::SYSTEM_PROGRAM, vec![]);
    api.hold(&ME, &ASY_MINT, 10_000_000_000);
    api.mint(&ASY_MINT, &ix::TOKEN_PROGRAM, 9);
    api.store(&addresses::pool(&ME), &Pool { operator: ME, commission_bps: 250, ..blank() });
    api
}

#[tokio::test]
async fn a_transaction_comes_simulated_and_explained() {
    let api = staker().await;
    let (pool, position) = (addresses::pool(&ME), addresses::position(&addresses::pool(&ME), &ME));
    let holdings = addresses::ata(&ME, &ASY_MINT);
    // The simulation takes 2.5 ASY, 5,000 lamports of fee and 2,000 of rent for the position.
    let after = |lamports, owner: Pubkey, data| Some(Stored { owner, lamports, data });
    api.script(|script| {
        script.after.insert(ME.to_string(), after(993_000, ix::SYSTEM_PROGRAM, vec![]));
        script
            .after
            .insert(holdings.to_string(), after(1_000_000, ix::TOKEN_PROGRAM, holding(&ME, &ASY_MINT, 7_500_000_000)));
        script.after.insert(position.to_string(), after(2_000, assay_sdk::staking::ID, vec![1]));
    });
    let (status, built) = api.build("staking/stake", &[("amount", "2.5".into())]).await;
    assert_eq!(status, StatusCode::OK, "{built}");
    let work = [ix::staking::open_position(&ME, &ME, 250), ix::staking::stake(&ME, 2_500_000_000)];
    assert_eq!((&built["type"], &built["transaction"]), (&json!("transaction"), &json!(expected(&work))));
    let message = format!(
        "Stakes 2.5 ASY in the pool of {ME}. Your balance: -0.000007 SOL, -2.5 ASY. Fee 0.000005 SOL; 0.000002 SOL of rent, \
         which returns when the accounts close. At risk: the stake, as far as the pool is slashed for wrong or withheld results."
    );
    assert_eq!(built["message"], message);
    let change = |address: &Pubkey,
                  mint: Option<&str>,
                  symbol: &str,
                  before: &str,
                  after: &str,
                  change: &str,
                  text: &str| {
        json!({"address": address.to_string(), "mint": mint, "symbol": symbol, "decimals": 9, "before": before, "after": after,
            "change": change, "text": text})
    };
    let asy = ASY_MINT.to_string();
    let changes = json!([
        change(&ME, None, "SOL", "1000000", "993000", "-7000", "-0.000007 SOL"),
        change(&holdings, Some(&asy), "ASY", "10000000000", "7500000000", "-2500000000", "-2.5 ASY"),
    ]);
    let risk = "the stake, as far as the pool is slashed for wrong or withheld results";
    let summary = json!({"changes": changes, "fee_lamports": "5000", "rent_lamports": "2000", "rent_returned_lamports": "0",
        "compute_units": 100_000, "compute_unit_limit": 121_000, "closed": [], "at_risk": [risk], "addresses": {},
        "opened": [{"address": position.to_string(), "lamports": "2000"}]});
    assert_eq!(built["assay"]["summary"], summary);
    let steps = built["assay"]["instructions"].as_array().unwrap();
    let names: Vec<_> = steps
        .iter()
        .map(|step| format!("{}/{}", step["program"].as_str().unwrap(), step["name"].as_str().unwrap()))
        .collect();
    assert_eq!(names, ["staking/open_position", "staking/stake"]);
    let first = json!({"name": "owner", "address": ME.to_string(), "signer": true, "writable": false});
    assert_eq!(steps[1]["accounts"][0], first);
    assert_eq!(
        steps[1]["accounts"][3],
        json!({"name": "pool", "address": pool.to_string(), "signer": false, "writable": true})
    );

    // Just what is returned was simulated, unsigned, with a blockhash of the node's own.
    let simulated = api.script(|script| script.simulated.clone());
    assert_eq!(simulated.len(), 2);
    let (bytes, config) = &simulated[1];
    assert_eq!(
        (json!(bytes), &config["sigVerify"], &config["replaceRecentBlockhash"]),
        (built["transaction"].clone(), &json!(false), &json!(true))
    );
}

#[tokio::test]
async fn a_priority_is_paid_for_by_the_limit() {
    let api = staker().await;
    let (status, built) =
        api.build("token/burn", &[("amount", "1".into()), ("compute_unit_price", "1000000".into())]).await;
    assert_eq!((status, &built["assay"]["summary"]["fee_lamports"]), (StatusCode::OK, &json!("126000")));
    let bytes = STANDARD.decode(built["transaction"].as_str().unwrap()).unwrap();
    let transaction: VersionedTransaction = bincode::deserialize(&bytes).unwrap();
    let data: Vec<_> = transaction.message.instructions().iter().map(|ix| ix.data.clone()).collect();
    // SetComputeUnitLimit(121000), SetComputeUnitPrice(1000000).
    assert_eq!(
        (data[0].as_slice(), data[1].as_slice()),
        (&[2, 0xa8, 0xd8, 1, 0][..], &[3, 0x40, 0x42, 0x0f, 0, 0, 0, 0, 0][..])
    );
}

#[tokio::test]
async fn parameters_may_come_in_query_data_or_beside_the_account() {
    let api = staker().await;
    let me = ME.to_string();
    let burn = json!(expected(&[ix::token::burn(&ME, &addresses::ata(&ME, &ASY_MINT), 1_500_000_000)]));
    for (query, body) in [
        ("?amount=1.5", json!({"account": me})),
        ("?amount={amount}", json!({"account": me, "type": "transaction", "data": {"amount": "1.5"}})),
        ("", json!({"account": me, "amount": "1.50"})),
        ("", json!({"account": me, "data": {"amount": ["1.5"]}})),
    ] {
        let reply = api.post(&format!("/v1/actions/token/burn{query}"), &body).await;
        assert_eq!(reply.status(), StatusCode::OK, "{query} {body}");
        assert_eq!(reply.json::<Value>().await.unwrap()["transaction"], burn);
    }
    for (query, body, said) in [
        ("", json!({"account": me}), "amount is missing: Amount in whole ASY"),
        ("", json!({"account": "me"}), "account must be a base58 address"),
        ("?amount=1", json!({"account": me, "data": {"amount": "2"}}), "amount is given twice, and differently"),
        (
            "",
            json!({"account": me, "amount": "1.0000000001"}),
            "amount has more than the 9 decimals that there are; round it",
        ),
        ("?amont=1", json!({"account": me}), "there is no parameter \"amont\"; known are amount, compute_unit_price"),
    ] {
        let reply = api.post(&format!("/v1/actions/token/burn{query}"), &body).await;
        assert_eq!(reply.status(), StatusCode::BAD_REQUEST, "{query} {body}");
        assert_eq!(reply.headers()["content-type"], "application/problem+json");
        let mut problem: Value = reply.json().await.unwrap();
        assert_eq!(problem.as_object_mut().unwrap().remove("request_id").unwrap().as_str().unwrap().len(), 32);
        let expected = json!({"type": "/problems/bad_request", "code": "bad_request", "title": "Bad Request", "status": 400, "detail": said, "message": said});
        assert_eq!(problem, expected);
    }
}

#[tokio::test]
async fn refusals_have_the_right_status_and_say_what_to_do() {
    let api = staker().await;
    let fail = |err: Value, logs: Vec<&'static str>| api.script(|script| script.failure = Some((err, logs)));
    let burn = async || api.build("token/burn", &[("amount", "1".into())]).await;
    fail(json!({"InstructionError": [1, {"Custom": 6315}]}), vec!["Program log: no"]);
    let (status, refused) = burn().await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let meaning = "Sortition did not choose this pool (yet): the threshold doubles with time";
    assert_eq!(refused["message"], format!("token/burn refuses: NotEligible (6315): {meaning}"));
    assert_eq!(refused["program_error"], json!({"code": 6315, "name": "NotEligible", "message": meaning}));
    assert_eq!(refused["logs"], json!(["Program log: no"]));
    fail(json!({"InstructionError": [1, {"Custom": 1}]}), vec!["Program log: Error: insufficient funds"]);
    assert_eq!(burn().await.1["message"], "token/burn refuses: insufficient funds");
    fail(json!("AccountNotFound"), vec![]);
    assert_eq!(burn().await.1["message"], "the account has no SOL to pay the fee with: send it some");
    api.script(|script| script.failure = None);

    // Nothing there, no such action, an exception, no room, another's signature.
    let nobody = [("job", key(77).to_string())];
    let (status, missing) = api.build("escrow/cancel_job", &nobody).await;
    let said = format!("there is no job at {} on this chain (any more)", key(77));
    assert_eq!((status, &missing["message"]), (StatusCode::NOT_FOUND, &json!(said)));
    let (status, missing) = api.build("escrow/set_seed", &[]).await;
    let said = "escrow/set_seed is no action: only another of the programs may call it";
    assert_eq!((status, &missing["message"]), (StatusCode::NOT_FOUND, &json!(said)));
    let hashes = vec!["ab".repeat(32); 20].join(",");
    let proof = [("leaf", "0".into()), ("height", "0".into()), ("job", key(3).to_string()), ("hashes", hashes)];
    let (status, large) = api.build("verification/prove_sample", &proof).await;
    assert_eq!(status, StatusCode::OK, "{large}");
    let hashes = vec!["ab".repeat(32); 32].join(",");
    let proof = [("leaf", "0".into()), ("height", "0".into()), ("job", key(3).to_string()), ("hashes", hashes)];
    let (status, large) = api.build("verification/prove_sample", &proof).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(large["message"].as_str().unwrap().starts_with("TransactionTooLarge: it has 1"), "{large}");

    // Bodies that are none.
    let raw = async |body: &'static str, kind: &str| {
        let request =
            api.http.post(format!("{}/v1/actions/token/burn", api.base)).header("content-type", kind).body(body);
        request.send().await.unwrap().status()
    };
    assert_eq!(raw("{", "application/json").await, StatusCode::BAD_REQUEST);
    assert_eq!(raw("{}", "application/json").await, StatusCode::BAD_REQUEST);
    assert_eq!(raw("{}", "text/plain").await, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let long = json!({"account": ME.to_string(), "data": {"amount": "1".repeat(20_000)}});
    assert_eq!(api.post("/v1/actions/token/burn", &long).await.status(), StatusCode::PAYLOAD_TOO_LARGE);

    api.script(|script| script.down = true);
    let (status, down) = burn().await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(down["message"], "the chain's RPC does not answer; try again in a moment");
    // What needs no chain is there all the same.
    assert_eq!(api.get("/v1/actions/token/burn").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn the_next_step_comes_with_what_is_known_of_it() {
    let api = staker().await;
    let (_, built) = api.build("staking/request_unstake", &[("amount", "all".into())]).await;
    assert_eq!(built["status"], 404, "there is no position yet");
    let (_, built) = api.build("staking/open_pool", &[("classes", "1,0".into())]).await;
    let next = &built["links"]["next"];
    assert_eq!((&next["type"], &next["action"]["title"]), (&json!("inline"), &json!("Stake ASY")));
    let href = format!("/v1/actions/staking/stake?operator={ME}&amount={{amount}}");
    assert_eq!(next["action"]["links"]["actions"][0]["href"], href);
    assert_eq!(
        built["assay"]["summary"]["addresses"],
        json!({"operator": ME.to_string(), "pool": addresses::pool(&ME).to_string()})
    );
}
