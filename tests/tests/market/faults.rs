//! kill -9 in the middle of a job: it settles, the tables equal a rebuild, and nobody loses a bond.

use sqlx::{Connection, PgConnection, Row};

use crate::support::{Market, expected_root, root, wait};

/// Every table of accounts, and how a row is told: not by its slot, which depends on when it was seen.
const TABLES: [&str; 20] = [
    "token_configs",
    "minters",
    "staking_configs",
    "totals",
    "pools",
    "positions",
    "tickets",
    "records",
    "escrow_configs",
    "payment_mints",
    "devices",
    "jobs",
    "seats",
    "verification_configs",
    "rounds",
    "cases",
    "ballots",
    "proof_keys",
    "attestors",
    "canaries",
];

#[test]
fn killed_indexer_and_nodes_lose_nothing() {
    let market = Market::start(3, 0);
    let wallet = market.funded("requester");
    let spec = root().join("examples/logistic-regression/job.json");
    let job = market.post(&wallet, &spec);

    // One node dies with a seat and no seal, another with a seal and no reveal, the indexer in between.
    let with_state = |wanted: &'static str| {
        let market = &market;
        let job = &job;
        move || {
            let seats = market.job(job)?["seats"].as_array()?.clone();
            let seat = seats.into_iter().find(|seat| seat["state"] == wanted)?;
            let operator = seat["operator"].as_str()?.to_string();
            let all = market.state()["operators"].as_array()?.clone();
            let index = all.iter().position(|one| *one == operator.as_str())?;
            Some(format!("operator-{index}"))
        }
    };
    let claimed = wait("a seat to be claimed", with_state("Claimed"));
    market.kill(&claimed);
    market.kill("indexer");
    // All may have revealed by the time the API is back; then this node dies before it is paid.
    let sealed = wait("a seat to be sealed", || {
        with_state("Sealed")().or_else(with_state("Revealed")).or_else(|| {
            let closed = market.job(&job)?["job"]["closed_slot"].is_string();
            closed.then(|| claimed.clone())
        })
    });
    market.kill(&sealed);

    let report = market.settled(&wallet, &job, Some(&expected_root("logistic-regression")));
    assert_eq!(report["state"], "settled");
    assert_eq!(report["root"], report["expected_root"]);
    assert_eq!(report["slashed"].as_array().unwrap().len(), 0, "{report}");
    assert_eq!(report["paid"].as_array().unwrap().len(), 3);

    equals_a_rebuild(&market);
}

/// That the tables are the chain's, and those that a rebuild of them would make.
pub fn equals_a_rebuild(market: &Market) {
    let live = market.field("postgres");
    market.indexer(&live, "verify");
    let rebuilt = live.replace("/assay?", "/rebuilt?");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(create_database(&live));
    market.indexer(&rebuilt, "rebuild");
    runtime.block_on(compare(&live, &rebuilt));
}

async fn create_database(live: &str) {
    let mut connection = PgConnection::connect(live).await.unwrap();
    sqlx::query("CREATE DATABASE rebuilt").execute(&mut connection).await.unwrap();
}

async fn compare(live: &str, rebuilt: &str) {
    let (mut live, mut rebuilt) =
        (PgConnection::connect(live).await.unwrap(), PgConnection::connect(rebuilt).await.unwrap());
    for table in TABLES {
        let query = format!(
            "SELECT address || ' ' || coalesce(closed_slot::text, 'open') || ' ' || data::text AS row FROM {table} ORDER BY address"
        );
        let (one, other) = (rows(&mut live, &query).await, rows(&mut rebuilt, &query).await);
        assert_eq!(one, other, "{table} differs");
    }
    let query =
        "SELECT signature || ' ' || kind || ' ' || data::text AS row FROM events ORDER BY signature, ix, inner_ix";
    let (one, other) = (rows(&mut live, query).await, rows(&mut rebuilt, query).await);
    assert_eq!(one, other, "events differ");
    assert!(one.len() > 40, "only {} events", one.len());
}

async fn rows(connection: &mut PgConnection, query: &str) -> Vec<String> {
    let rows = sqlx::query(sqlx::AssertSqlSafe(query.to_string())).fetch_all(connection).await.unwrap();
    rows.iter().map(|row| row.get::<String, _>("row")).collect()
}
