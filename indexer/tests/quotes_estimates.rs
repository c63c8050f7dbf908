//! What a job will cost, from what jobs cost lately; and the plans of what is looked up.

#![allow(clippy::unwrap_used)]

mod blobs_common;
mod common;
mod quotes_common;

use assay_indexer::store::Change;
use quotes_common::*;
use serde_json::json;

#[tokio::test]
async fn estimates_rest_on_recent_jobs() {
    let plain = || json!({"Replicated": {"replicas": 2, "quorum": 2, "most": 2, "adaptive": false}});
    let vault = market(vec![config(), device(1, json!({}), json!({}))], |batch| {
        // Units at 10, 20, 30 and 40 base units; 60 s for a unit in each but one.
        for (n, price) in [(1, 10), (2, 20), (3, 30), (4, 40)] {
            settled(batch, n, plain(), &[(0, price * 10, 600), (1, price * 10, 600)]);
        }
        // Of a sampled job the executor's seat, not the committee's.
        settled(batch, 5, json!({"Sampled": {"samples": 1, "committee": 1}}), &[(0, 500, 6_000), (1, 50, 600)]);
        // In milestones: the last is paid at the end.
        settled(batch, 6, json!({"Accepted": {"window": 1}}), &[(0, 200, 600)]);
        for (at, is_last) in [(100, false), (200, true)] {
            let part = json!({"paid": "398", "fee": "1", "royalties": "1", "is_last": is_last, "milestone": 0});
            batch.events.push(event(6, 60, 5_000 + at, "MilestoneReleased", part));
        }
        // Another class, another mint, and one that was cancelled.
        for (n, field, value) in
            [(7, "class", json!(2)), (8, "mint", json!(address(9))), (9, "state", json!("Cancelled"))]
        {
            settled(batch, n, plain(), &[(0, 1_000_000, 1)]);
            let Change::Scanned(data) = &mut batch.rows.last_mut().unwrap().change else { unreachable!() };
            data[field] = value;
        }
    })
    .await;
    let quote = ask(&vault, json!({"class": 1, "mint": address(MINT), "units": "10"})).await;
    // 10, 20, 30, 40, 50, 60.
    let expected = json!({"jobs": 6, "enough": true, "note": "From the last 6 settled jobs of class 1 in this mint.",
        "price_per_unit": {"p25": "20", "median": "30", "p75": "50"}, "seats": {"first": 3, "most": 3, "quorum": 2},
        "deposit": {"p25": "600", "median": "900", "p75": "1500"}, "expected": {"p25": "600", "median": "900", "p75": "1500"},
        "fee_bps": 250, "protocol_fee": {"p25": "15", "median": "22", "p75": "37"}, "bond": "180", "exposure": "430",
        "bounties": "30000", "rent": quote["estimate"]["rent"]});
    assert_eq!(quote["estimate"], expected);
    assert_eq!((&quote["decimals"], &quote["units"]), (&json!(6), &json!("10")));
    // What units took lately is what these will take.
    assert_eq!(quote["devices"][0]["compute_seconds"], 600);
    assert!(
        quote["explanation"].as_str().unwrap().contains(
            "price is the floor against the market's median, for the time that units of this class took lately"
        )
    );
    let sampled =
        json!({"class": 1, "mint": address(MINT), "units": "10", "strategy": "sampled", "samples": 2, "committee": 3});
    let quote = ask(&vault, sampled).await;
    assert_eq!(quote["estimate"]["deposit"]["median"], (300 + 3 * 60).to_string());
    // A class without jobs says so.
    let quote = ask(&vault, json!({"class": 0, "mint": address(MINT), "units": "10"})).await;
    assert_eq!((&quote["estimate"]["enough"], &quote["estimate"]["deposit"]["median"]), (&json!(false), &json!(null)));
    assert!(quote["estimate"]["note"].as_str().unwrap().starts_with("No job of class 0 was settled"), "{quote}");
    let quote = ask(&vault, json!({"class": 2, "mint": address(MINT), "units": "10"})).await;
    assert!(quote["estimate"]["note"].as_str().unwrap().starts_with("Only 1 jobs"), "{quote}");
}

/// The lists are found by index, also when the planner may choose.
#[tokio::test]
async fn quotes_use_indexes() {
    let vault = market(vec![config()], |_| {}).await;
    let fill = "INSERT INTO devices (address, slot, write_version, data) SELECT 'd' || n, 1, 0,
            jsonb_build_object('operator', 'o' || n, 'available', n % 2 = 0, 'price_floor', n::text) FROM generate_series(1, 5000) n";
    sqlx::query(fill).execute(&vault.pool).await.unwrap();
    let fill = "INSERT INTO jobs (address, slot, write_version, data) SELECT 'j' || n, 1, 0,
            jsonb_build_object('requester', 'r', 'mint', 'm1', 'class', 1, 'state', 'Settled', 'ended_at', n::text)
        FROM generate_series(1, 5000) n";
    sqlx::query(fill).execute(&vault.pool).await.unwrap();
    sqlx::query("ANALYZE").execute(&vault.pool).await.unwrap();
    let table = [
        (
            "quotes_devices",
            "SELECT address FROM devices d WHERE d.closed_slot IS NULL AND (d.data ->> 'available')::boolean
            ORDER BY (d.data ->> 'price_floor')::numeric, d.address LIMIT 500",
        ),
        (
            "quotes_jobs",
            "SELECT address FROM jobs WHERE state = 'Settled' AND (data ->> 'class')::int = 1 AND mint = 'm1'
            ORDER BY (data ->> 'ended_at')::bigint DESC LIMIT 200",
        ),
    ];
    for (index, query) in table {
        let plan: Vec<String> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(format!("EXPLAIN {query}"))).fetch_all(&vault.pool).await.unwrap();
        let plan = plan.join("\n");
        assert!(plan.contains(index), "{plan}");
        assert!(!plan.contains("Sort"), "{plan}");
    }
}
