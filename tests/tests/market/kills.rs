//! A node dies as by kill -9 at every step of its work, one after the other, and is started again: no bond is lost, nobody
//! is paid twice, and every job ends.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::{
    operator::metric,
    support::{Market, amount, binary, root, wait},
};

/// Times that jobs of all kinds are posted, before the test gives up on a step that nobody came to.
const ROUNDS: usize = 8;

/// Steps, each a file that the node takes away which dies there.
fn left(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// What must be posted for the steps that are left: the terms of each kind of job, and how its steps begin.
const KINDS: [(&[&str], &[&str]); 5] = [
    (&["--strategy", "replicated"], &["claim", "whole", "seal", "reveal", "hand-over", "settle", "forget"]),
    (&["--strategy", "sampled", "--samples", "4", "--committee", "3"], &["drawn", "leaves"]),
    (&["--strategy", "optimistic", "--window", "60s"], &["deliver", "join", "judge", "vote"]),
    (&["--strategy", "proven"], &["prove"]),
    (&["--strategy", "attested", "--threshold", "1"], &["attest"]),
];

fn wanted(left: &[String]) -> Vec<&'static [&'static str]> {
    let comes = |steps: &[&str]| left.iter().any(|step| steps.iter().any(|what| step.split('.').next() == Some(*what)));
    KINDS.iter().filter(|(_, steps)| comes(steps)).map(|(terms, _)| *terms).collect()
}

/// Whether somebody must have lied for anybody to come to a step.
fn is_of_cases(step: &str) -> bool {
    ["join.", "judge.", "vote."].iter().any(|what| step.starts_with(what))
}

#[test]
#[ignore = "it takes ten minutes: scripts/test.sh long"]
fn kill_9_of_a_node_at_each_step() {
    let listed = Command::new(binary("assay-node")).arg("steps").output().unwrap();
    let names = String::from_utf8(listed.stdout).unwrap();
    assert!(names.lines().count() > 40, "{names}");
    // A liar takes seats of jobs whose other nodes are to die: it is there only where it is needed.
    let (cases, others): (Vec<_>, Vec<_>) = names.lines().partition(|step| is_of_cases(step));
    die_at(&others, 0);
    die_at(&cases, 1);
}

/// Six nodes, of which so many lie, work until some of them died at each of these steps.
fn die_at(names: &[&str], liars: u16) {
    let steps = tempfile::tempdir().unwrap();
    names.iter().for_each(|step| fs::write(steps.path().join(step), "").unwrap());
    // The localnet starts again what died.
    let market = Market::start_with(6, liars, &[("ASSAY_NODE_DIE_AT", steps.path())]);
    let liar = market.state()["operators"][5].as_str().filter(|_| liars > 0).unwrap_or_default().to_owned();
    let wallet = market.funded("requester");
    let mut jobs = 0;
    for round in 0..ROUNDS {
        let left = left(steps.path());
        if left.is_empty() {
            break;
        }
        eprintln!("round {round}: {} steps are left: {}", left.len(), left.join(" "));
        let spec = root().join("examples/orf-kmer/job.json");
        let post = |terms: &&[&str]| market.post_with(&wallet, &spec, &[terms, &["--class", "1"][..]].concat());
        // Several of each: what dies as it is sent is confirmed by the time the node is back.
        let posted: Vec<_> = wanted(&left).iter().flat_map(|terms| [post(terms), post(terms), post(terms)]).collect();
        for job in &posted {
            ends_well(&market.settled(&wallet, job, None), &liar);
        }
        jobs += posted.len();
    }
    assert_eq!(left(steps.path()), [""; 0], "no node came to these steps in {jobs} jobs");
    holds_nothing(&market);
}

/// Nobody but the liar lost anything, and nobody was paid twice.
fn ends_well(report: &Value, liar: &str) {
    let lost = report["slashed"].as_array().unwrap();
    assert!(lost.iter().all(|line| line["operator"] == liar), "{report}");
    let jurors = report["jurors"].as_array().into_iter().flatten();
    assert!(jurors.clone().all(|juror| amount(&juror["slashed"]) == 0 || juror["operator"] == liar), "{report}");
    let mut paid = BTreeMap::<_, u32>::new();
    for line in report["paid"].as_array().unwrap() {
        assert!(amount(&line["amount"]) > 0, "{report}");
        *paid.entry(line["operator"].as_str().unwrap()).or_default() += 1;
    }
    assert!(paid.values().all(|times| *times == 1), "{report}");
    assert!(!paid.is_empty() || !lost.is_empty(), "{report}");
    assert_eq!(amount(&report["vault_balance_after"]), 0, "{report}");
    assert_eq!(report["rent_left_lamports"], 0, "{report}");
    assert_eq!(report["supply_check"], true, "{report}");
}

/// Every bond is back, and no node keeps an answer that nobody can ask for.
fn holds_nothing(market: &Market) {
    let folders = fs::read_dir(market.data().join("run")).unwrap().map(|entry| entry.unwrap().path());
    let nodes: Vec<_> = folders.filter(|folder| folder.join("journal").exists()).collect();
    assert_eq!(nodes.len(), 6);
    wait("every journal to be empty", || {
        let kept = |data: &PathBuf| metric(data, "assay_node_journal_entries");
        nodes.iter().all(|data| kept(data) == Some(0.0)).then_some(())
    });
    wait("every bond to be back", || {
        let operators = market.get("/v1/operators")?["items"].as_array()?.clone();
        let free = operators.iter().all(|operator| operator["locked"] == "0");
        (operators.len() == 6 && free).then_some(())
    });
}
