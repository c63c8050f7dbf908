use std::collections::BTreeMap;

use assay_sdk::token::ASY_MINT;

use super::*;
use crate::agent::status::{Amount, Bonds, ChainRead, Deadline, Errors, Mint, Slots, Work};

const NOW: i64 = 1_790_000_000;
const ASY: u64 = 1_000_000_000;
const USD: &str = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v";

fn address(letter: char) -> String {
    letter.to_string().repeat(44)
}

fn work(job: char, state: &str, done: u64, total: u64, risk: u64) -> Work {
    Work {
        job: address(job),
        class: 1,
        state: state.into(),
        units_done: done,
        units_total: total,
        at_risk: risk * ASY,
        price: Some(Amount(2_500_000)),
        mint: Some(USD.into()),
        ..Work::default()
    }
}

fn busy() -> View {
    let due = |seconds, job, what: &str| Deadline { at: NOW - 2 + seconds, job: address(job), what: what.into() };
    let line = |ago, level: &str, text: &str| Line { at: NOW - ago, level: level.into(), text: text.into() };
    let chair = Work { case: Some(address('X')), price: None, mint: None, ..work('C', "Joined", 0, 0, 25) };
    let status = Status {
        operator: "7XkZQ3mVt9y1Y8c4KpJ2fWdLr5GhNvBsTaEuRoPi9fQa".into(),
        uptime_seconds: 7_530,
        slots: Slots { device: 16, busy: 4, jobs: 2, computing: 2 },
        jobs: vec![work('A', "Claimed", 431, 1_000, 120), work('B', "Sealed", 64, 64, 30), chair],
        earned: BTreeMap::from([(ASY_MINT.to_string(), Amount(12_500_000_000)), (USD.into(), Amount(18_250_000))]),
        mints: BTreeMap::from([(USD.into(), Mint { decimals: 6, symbol: Some("USDC".into()) })]),
        bonds: Bonds { locked: 175 * ASY, bidding: 40 * ASY, most: Some(Amount(500 * ASY)), staked: 1_000 * ASY },
        deadlines: vec![
            due(42, 'B', "reveal"),
            due(610, 'A', "compute"),
            due(4_000, 'C', "judge"),
            due(9_000, 'C', "vote"),
        ],
        refusals: BTreeMap::from([("price too low".into(), 41), ("requester denied".into(), 3)]),
        errors: Errors::default(),
        chain: ChainRead { slot: 312_004_117, clock: NOW - 3, read_at: NOW - 1, skew_seconds: 2, failures: 0 },
        ..Status::default()
    };
    let log = vec![
        line(900, "INFO", "watching the market operator=7XkZ"),
        line(60, "INFO", "done job=BBBB action=Compute"),
        line(
            12,
            "WARN",
            "a result was not handed over, or not tidied up after: the API answered 503, and this goes on and on",
        ),
        line(2, "INFO", "done job=AAAA action=Claim"),
    ];
    View { node: "http://127.0.0.1:8920".into(), status: Some(status), log, now: NOW, paused: false, trouble: None }
}

/// As the committed frame; `UPDATE=1 cargo test -p assay-node dashboard` writes it anew.
fn compare(name: &str, view: &View, size: (u16, u16)) {
    let text = text(view, size).unwrap();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/operation/dashboard/frames").join(name);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(kept == text, "{name} differs; UPDATE=1 cargo test -p assay-node dashboard\n{text}");
}

#[test]
fn a_busy_node() {
    compare("busy.txt", &busy(), ONCE);
}

#[test]
fn a_busy_node_on_a_large_terminal() {
    compare("large.txt", &busy(), (120, 40));
}

#[test]
fn a_node_with_more_than_fits() {
    let mut view = busy();
    let status = view.status.as_mut().unwrap();
    status.jobs = (0..12u8).map(|at| work((b'a' + at) as char, "Claimed", u64::from(at), 12, 1)).collect();
    status.refusals = (0..9).map(|at| (format!("reason {at}"), 9 - at)).collect();
    status.deadlines[0].at = NOW - 30;
    // Nobody knows what it is.
    status.mints.clear();
    status.errors.halted = Some("the disk is full: free some space".into());
    view.paused = true;
    compare("full.txt", &view, ONCE);
}

#[test]
fn a_node_that_has_nothing_to_do() {
    let status = Status { operator: address('M'), draining: true, ..Status::default() };
    compare("idle.txt", &View { status: Some(status), log: vec![], ..busy() }, ONCE);
}

#[test]
fn a_node_that_does_not_answer() {
    let trouble = Some("no node answers at http://127.0.0.1:8920: start it with `assay operator run`".into());
    compare("silent.txt", &View { status: None, trouble, ..busy() }, ONCE);
}

#[test]
fn no_terminal_is_too_small() {
    for size in [(1, 1), (10, 3), (20, 60), (300, 5)] {
        text(&busy(), size).unwrap();
    }
}

#[test]
fn keys() {
    let press = |code| meaning(KeyEvent::new(code, KeyModifiers::NONE));
    assert_eq!(press(KeyCode::Char('q')), Some(Key::Quit));
    assert_eq!(press(KeyCode::Char('p')), Some(Key::Pause));
    assert_eq!(press(KeyCode::Char('c')), None);
    assert_eq!(meaning(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL)), Some(Key::Quit));
}

#[tokio::test]
async fn without_a_node_or_a_terminal_the_error_says_what_to_do() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let why = once(format!("http://127.0.0.1:{port}")).await.unwrap_err().to_string();
    assert!(why.contains("no node answers") && why.contains("assay operator run"), "{why}");
    let folder = tempfile::tempdir().unwrap();
    let why = super::address(folder.path()).unwrap_err().to_string();
    assert!(why.contains("no node runs in") && why.contains("assay operator run"), "{why}");
}
