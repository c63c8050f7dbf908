use std::{collections::BTreeMap, fs, path::PathBuf};

use solana_sdk::pubkey::Pubkey;

use super::*;
use crate::{
    agent::status::{Amount, Bonds, ChainRead, Deadline, Errors, Slots},
    market::plan::Step,
};

/// What a recorder of the test's own renders, after `act`.
fn rendered(act: impl FnOnce(&Metrics) -> String) -> String {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    metrics::with_local_recorder(&recorder, || act(&Metrics::over(handle)))
}

fn work(state: &str, done: u64) -> Work {
    Work { state: state.into(), units_done: done, units_total: 100, ..Work::default() }
}

fn status() -> Status {
    Status {
        operator: "me".into(),
        uptime_seconds: 61,
        slots: Slots { device: 16, busy: 3, jobs: 2, computing: 1 },
        jobs: vec![work("Claimed", 40), work("Claimed", 0), work("Sealed", 100)],
        earned: BTreeMap::from([("mint".into(), Amount(1_250_000))]),
        bonds: Bonds { locked: 12, bidding: 3, most: Some(Amount(50)), staked: 1_000 },
        deadlines: vec![Deadline { at: unix_now() - 5 + 1_000, job: "j".into(), what: "reveal".into() }],
        refusals: BTreeMap::from([("price".into(), 7)]),
        errors: Errors { count: 4, ..Errors::default() },
        chain: ChainRead { slot: 312, read_at: unix_now(), skew_seconds: 5, ..ChainRead::default() },
        ..Status::default()
    }
}

fn value(text: &str, series: &str) -> Option<f64> {
    let line = text.lines().find(|line| line.strip_prefix(series).is_some_and(|rest| rest.starts_with(' ')))?;
    line.rsplit(' ').next()?.parse().ok()
}

#[test]
fn metrics_are_what_the_status_and_the_counts_say() {
    let besides = Besides { ready: true, journal: Some(9), artifacts: 1_024 };
    let text = rendered(|all| {
        computed(10, 5_000);
        computed(1, 7);
        rpc_failed();
        acted(&Action::Compute, Outcome::Done);
        acted(&Action::Reveal, Outcome::Done);
        acted(&Action::Reveal, Outcome::Failed);
        acted(&Action::Case { case: Pubkey::default(), step: Step::Vote }, Outcome::Done);
        acted(&Action::Claim, Outcome::Refused);
        all.render(&status(), besides)
    });
    let expected = [
        ("assay_node_uptime_seconds", 61.0),
        ("assay_node_ready", 1.0),
        ("assay_node_draining", 0.0),
        ("assay_node_halted", 0.0),
        ("assay_node_jobs{state=\"Claimed\"}", 2.0),
        ("assay_node_jobs{state=\"Sealed\"}", 1.0),
        ("assay_node_slots{kind=\"computing\"}", 1.0),
        ("assay_node_units{kind=\"done\"}", 140.0),
        ("assay_node_units{kind=\"all\"}", 300.0),
        ("assay_node_units_computed_total", 11.0),
        ("assay_node_fuel_total", 5_007.0),
        ("assay_node_seals_total", 1.0),
        ("assay_node_reveals_total", 2.0),
        ("assay_node_actions_total{action=\"Reveal\",outcome=\"failed\"}", 1.0),
        ("assay_node_actions_total{action=\"Vote\",outcome=\"done\"}", 1.0),
        ("assay_node_actions_total{action=\"Claim\",outcome=\"refused\"}", 1.0),
        ("assay_node_earned_base_units_total{mint=\"mint\"}", 1_250_000.0),
        ("assay_node_bonds_base_units{kind=\"locked\"}", 12.0),
        ("assay_node_bonds_base_units{kind=\"most\"}", 50.0),
        ("assay_node_refusals_total{reason=\"price\"}", 7.0),
        ("assay_node_errors_total", 4.0),
        ("assay_node_rpc_errors_total", 1.0),
        ("assay_node_chain_slot", 312.0),
        ("assay_node_clock_skew_seconds", 5.0),
        ("assay_node_journal_entries", 9.0),
        ("assay_node_artifact_bytes", 1_024.0),
    ];
    for (series, expected) in expected {
        assert_eq!(value(&text, series), Some(expected), "{series} in\n{text}");
    }
    // Of all that are named there is one, and it says what it is.
    for (name, meaning, _) in ALL {
        assert!(text.contains(&format!("# HELP {name} {meaning}\n")), "{name} in\n{text}");
        assert!(text.lines().any(|line| line.starts_with(name)), "{name} in\n{text}");
    }
}

#[test]
fn what_is_gone_is_zero() {
    let text = rendered(|all| {
        all.render(&status(), Besides::default());
        all.render(&Status { jobs: vec![work("Sealed", 1)], ..status() }, Besides::default())
    });
    assert_eq!(value(&text, "assay_node_jobs{state=\"Claimed\"}"), Some(0.0));
    assert_eq!(value(&text, "assay_node_jobs{state=\"Sealed\"}"), Some(1.0));
}

#[test]
fn the_next_deadline_is_by_the_chains_clock() {
    let at = |at| Deadline { at, ..Deadline::default() };
    let chain = ChainRead { skew_seconds: 30, ..ChainRead::default() };
    let status = Status { deadlines: vec![at(500), at(400)], chain, ..Status::default() };
    assert_eq!(next_deadline(&status, 330), Some(100));
    assert_eq!(next_deadline(&status, 440), Some(-10));
    assert_eq!(next_deadline(&Status::default(), 0), None);
    let text = rendered(|all| all.render(&Status::default(), Besides::default()));
    assert_eq!(value(&text, "assay_node_deadline_seconds"), Some(f64::INFINITY));
}

#[test]
fn a_folder_is_as_large_as_its_files() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a"), [0; 10]).unwrap();
    fs::create_dir(folder.path().join("b")).unwrap();
    fs::write(folder.path().join("b/c"), [0; 7]).unwrap();
    assert_eq!(folder_bytes(folder.path()), 17);
    assert_eq!(folder_bytes(&folder.path().join("none")), 0);
}

/// The names of metrics in a text, whatever else is in it.
fn named(text: &str) -> Vec<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("assay_node_")).collect()
}

/// What is drawn and watched is what the node has.
#[test]
fn the_dashboard_and_the_alerts_name_metrics_that_there_are() {
    let deploy = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../deploy");
    for (file, least) in [("grafana/node.json", 12), ("prometheus/node.rules.yml", 8)] {
        let text = fs::read_to_string(deploy.join(file)).unwrap();
        let names = named(&text);
        assert!(names.len() >= least, "{file} names {} metrics", names.len());
        for name in names {
            assert!(ALL.iter().any(|(known, ..)| *known == name), "{file} names {name}");
        }
    }
    let text = fs::read_to_string(deploy.join("grafana/node.json")).unwrap();
    let board: serde_json::Value = serde_json::from_str(&text).unwrap();
    let panels = board["panels"].as_array().unwrap();
    assert!(panels.iter().all(|panel| panel["title"].is_string() && panel["targets"][0]["expr"].is_string()));
}
