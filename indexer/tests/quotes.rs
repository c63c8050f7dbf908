//! Price quotes on a small market, over real HTTP with a real Postgres.

#![allow(clippy::unwrap_used)]

mod blobs_common;
mod common;
mod quotes_common;

use assay_indexer::store::Table;
use blobs_common::sha256;
use quotes_common::*;
use reqwest::StatusCode;
use serde_json::{Value, json};

#[tokio::test]
async fn what_fits_is_asked_of_every_field() {
    let odd = json!({"price_floor": "1"});
    let none = json!({});
    let later = (now() + 3_600).to_string();
    let vault = market(
        vec![
            config(),
            device(1, json!({}), none.clone()),
            device(2, json!({"available": false, "price_floor": "1"}), none.clone()),
            device(3, json!({"cores": 4, "price_floor": "1"}), none.clone()),
            device(4, json!({"gpu_model": "41313030", "price_floor": "1"}), none.clone()),
            device(5, json!({"region": "4652", "price_floor": "1"}), none.clone()),
            device(6, json!({"verified": false, "price_floor": "1"}), none.clone()),
            device(
                7,
                json!({"gpus": 0, "gpu_memory_mib": 0, "gpu_model": "00000000", "price_floor": "1"}),
                none.clone(),
            ),
            device(8, json!({"memory_mib": 1_024, "price_floor": "1"}), none.clone()),
            device(9, json!({"disk_gib": 1, "price_floor": "1"}), none.clone()),
            device(10, odd.clone(), json!({"active": "999"})),
            device(11, odd.clone(), json!({"locked": "99900"})),
            device(12, odd, json!({"jailed_until": later})),
            device(13, json!({"engines": 2, "price_floor": "1"}), none),
        ],
        |_| {},
    )
    .await;
    let mut body = wanted();
    let all = json!({"cores": 8, "memory_mib": 16_384, "disk_gib": 100, "gpus": 1, "gpu_memory_mib": 80_000, "gpu_model": "H100",
        "region": "DE", "verified": true});
    for (field, value) in all.as_object().unwrap() {
        body[field] = value.clone();
    }
    let quote = ask(&vault, body.clone()).await;
    assert_eq!(order(&quote), of(&[1]));
    assert_eq!((&quote["fit"], &quote["slot"]), (&json!(1), &json!("20")));
    // Of 10, 11 and 12 the machines would do.
    assert_eq!(quote["left_out"], json!({"unfit": 9, "jailed": 1, "stake": 2, "late": 0}));
    // Each wish is a wish: without it one more fits, which is cheaper.
    for (field, more) in
        [("cores", 3), ("memory_mib", 8), ("disk_gib", 9), ("gpu_model", 4), ("region", 5), ("verified", 6)]
    {
        let mut less = body.clone();
        less.as_object_mut().unwrap().remove(field);
        let mut found = order(&ask(&vault, less).await);
        found.sort_by_key(|address| address.as_str() == of(&[1])[0].as_str());
        assert_eq!(found, of(&[more, 1]), "{field}");
    }
    let mut less = body.clone();
    for field in ["gpus", "gpu_memory_mib", "gpu_model"] {
        less.as_object_mut().unwrap().remove(field);
    }
    assert_eq!(ask(&vault, less).await["fit"], 3, "4 and 7 fit as well");
    // Of a deadline: 450 s there are, 449 are too few.
    for (deadline, fit, late) in [(450, 1, 0), (449, 0, 1)] {
        let mut hurried = body.clone();
        hurried["deadline_seconds"] = json!(deadline);
        let quote = ask(&vault, hurried).await;
        assert_eq!((&quote["fit"], &quote["left_out"]["late"]), (&json!(fit), &json!(late)));
    }
    // The bond of the price counts in the stake that must be free: 10,000 units at 17 base units, 30 % of it, at 2 ASY
    // each, are 102,000: more than anybody has.
    let mut dear = body.clone();
    (dear["units"], dear["price_per_unit"]) = (json!("10000"), json!("17"));
    let quote = ask(&vault, dear.clone()).await;
    assert_eq!((&quote["fit"], &quote["left_out"]["stake"]), (&json!(0), &json!(3)));
    assert!(quote["explanation"].as_str().unwrap().starts_with("No machine fits"));
    dear["price_per_unit"] = json!("16");
    assert_eq!(ask(&vault, dear).await["fit"], 1);
}

#[tokio::test]
async fn devices_are_ranked_and_the_reasons_told() {
    let record = |n: u16, good: u64, bad: u64, valid: u32, wrong: u32| {
        row(
            Table::Records,
            OTHERS + n,
            json!({"operator": address(OPERATORS + n), "class": 1, "good": (good * 1_000_000_000).to_string(),
            "bad": (bad * 1_000_000_000).to_string(), "valid": valid, "wrong": wrong, "silent": 0}),
        )
    };
    let seat = row(Table::Seats, OTHERS + 90, json!({"job": address(JOBS + 99), "operator": address(OPERATORS + 3)}));
    // Another class' record is not looked at.
    let other = json!({"operator": address(OPERATORS + 1), "class": 2, "good": "0", "bad": "9000000000", "valid": 0, "wrong": 9, "silent": 0});
    let vault = market(
        vec![
            config(),
            device(1, json!({}), json!({})),
            device(2, json!({"price_floor": "3599"}), json!({})),
            device(3, json!({"busy": 2}), json!({})),
            device(4, json!({}), json!({})),
            device(5, json!({}), json!({})),
            vec![record(4, 8, 0, 8, 0), record(5, 1, 7, 1, 7), seat, row(Table::Records, OTHERS + 80, other)],
        ],
        |_| {},
    )
    .await;
    let mut body = wanted();
    body["price_per_unit"] = json!("100");
    let quote = ask(&vault, body.clone()).await;
    // The reputed one; the cheaper; its equal; the one that is full; the one that was wrong.
    assert_eq!(order(&quote), of(&[4, 2, 1, 3, 5]));
    // 8 units at 100 are 1,600 of ASY; the floor for 450 s is 450; the harmed side gets 40 % of 480 + 250.
    let first = &quote["devices"][0];
    let parts: Vec<_> = first["parts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| (part["name"].clone(), part["weight_bps"].clone(), part["score_bps"].clone()))
        .collect();
    // 1600/2050; 9/10; 1/10 fails, of which 1825 bps are covered; 8400/8850.
    let expected =
        [("price", 4_000, 7_804), ("reputation", 3_000, 9_000), ("risk", 1_500, 9_092), ("wait", 1_500, 9_491)];
    assert_eq!(parts, expected.map(|(name, weight, score)| (json!(name), json!(weight), json!(score))));
    assert_eq!(first["score_bps"], (4_000 * 7_804 + 3_000 * 9_000 + 1_500 * 9_092 + 1_500 * 9_491) / 10_000);
    let facts = [
        "operator",
        "rank",
        "floor_cost",
        "within_price",
        "failure_bps",
        "expected_rerun_cost",
        "compute_seconds",
        "wait_seconds",
    ];
    let facts = facts.map(|fact| first[fact].clone());
    assert_eq!(json!(facts), json!([address(OPERATORS + 4), 1, "450", true, 1_000, "80", 450, 0]));
    assert_eq!(first["parts"][1]["why"], "score of the operator's record in this class, of 8 outcomes");
    let full = &quote["devices"][3];
    assert_eq!((&full["wait_seconds"], &full["operator_seats"], &full["busy"]), (&json!(400), &json!(1), &json!(2)));
    assert_eq!(full["parts"][3]["why"], "all 2 slots are taken: about 400 s until one is free");
    let text = quote["explanation"].as_str().unwrap();
    let begins = format!(
        "{} is first, before the next one most by its reputation. Ranked by price 40 %, reputation 30 %, risk 15 %, wait 15 %: price is the floor against your offer",
        address(DEVICES + 4)
    );
    assert!(text.starts_with(&begins), "{text}");
    // An offer below the floor is told of.
    body["price_per_unit"] = json!("28");
    assert_eq!(ask(&vault, body.clone()).await["devices"][0]["within_price"], false);
    // Without any price, the floors are compared with one another.
    body.as_object_mut().unwrap().remove("price_per_unit");
    body["limit"] = json!(2);
    let quote = ask(&vault, body).await;
    assert_eq!((order(&quote), &quote["fit"]), (of(&[4, 2]), &json!(5)));
    assert_eq!(
        (&quote["devices"][0]["within_price"], &quote["devices"][0]["expected_rerun_cost"]),
        (&json!(null), &json!(null))
    );
    assert_eq!(quote["devices"][0]["parts"][0]["score_bps"], 5_000);
}

#[tokio::test]
async fn asked_by_query_by_spec_and_wrongly() {
    let vault = market(vec![config(), device(1, json!({}), json!({}))], |_| {}).await;
    let mint = address(MINT);
    let posted = ask(&vault, wanted()).await;
    let got: Value =
        vault.get(&format!("/v1/quotes?class=1&mint={mint}&units=8&seconds_per_unit=450")).await.json().await.unwrap();
    assert_eq!(got, posted);
    // Of a spec: 8 units of 450 s at 500 million a second.
    let artifact = json!({"uri": "https://a.example/x", "sha256": sha256(b"x")});
    let spec = json!({"version": 1, "name": "n", "engine": "wasm", "units": 8, "program": artifact, "input": artifact,
        "limits": {"fuel": 225_000_000_000_u64, "memory_mib": 64, "output_bytes": 1}});
    let hash = vault.store(spec.to_string()).await;
    assert_eq!(ask(&vault, json!({"class": 1, "mint": mint, "spec": hash})).await, posted);
    let wide = json!({"class": 1, "mint": mint, "spec": hash, "memory_mib": 16_385});
    assert_eq!(ask(&vault, wide).await["fit"], 0, "what is given goes before the spec");

    let no_spec = vault.store("no spec").await;
    let table = [
        (json!({"class": 1, "mint": mint}), 422, "units is missing"),
        (json!({"class": 1, "units": 1}), 422, "missing field `mint`"),
        (json!({"class": 5, "mint": mint, "units": 1}), 422, "class must be 0 to 4"),
        (json!({"class": 1, "mint": "x", "units": 1}), 422, "mint is not"),
        (json!({"class": 1, "mint": address(9), "units": 1}), 404, "jobs cannot be paid in this mint"),
        (json!({"class": 1, "mint": mint, "spec": sha256(b"none")}), 404, "the spec is not here"),
        (json!({"class": 1, "mint": mint, "spec": "../x"}), 400, "64 lower hex digits"),
        (json!({"class": 1, "mint": mint, "spec": no_spec}), 422, "the spec is not a job spec"),
        (json!({"class": 1, "mint": mint, "units": 1, "colour": "red"}), 422, "unknown field"),
        (json!({"class": 1, "mint": mint, "units": 1, "replicas": 8}), 422, "must hold"),
    ];
    for (body, status, detail) in table {
        let response = vault.http.post(vault.path("/v1/quotes")).json(&body).send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{body}");
        let problem: Value = response.json().await.unwrap();
        assert!(problem["detail"].as_str().unwrap().contains(detail), "{body}: {problem}");
    }
    for query in ["", "?class=1", "?class=x&mint=y", "?class=1&mint=y&units=-1", "?class=1&mint=y&verified=maybe"] {
        assert_eq!(vault.get(&format!("/v1/quotes{query}")).await.status(), StatusCode::BAD_REQUEST, "{query}");
    }
    assert_eq!(
        vault.get(&format!("/v1/quotes?class=1&mint={mint}&units=0")).await.status(),
        StatusCode::UNPROCESSABLE_ENTITY
    );
    // Numbers as large as they come are answered, not stumbled over.
    let most = u64::MAX.to_string();
    let huge = json!({"class": 4, "mint": mint, "units": "4294967296", "seconds_per_unit": most, "fuel_per_unit": most,
        "price_per_unit": most, "deadline_seconds": u32::MAX, "limit": 100, "gpu_memory_mib": u32::MAX});
    assert_eq!(ask(&vault, huge).await["fit"], 0);
}
