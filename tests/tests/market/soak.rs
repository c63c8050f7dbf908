//! Five nodes, a stream of jobs, and somebody who kills whatever runs: everything ends, every token is where it belongs, and
//! no process grows. `SOAK_MINUTES` (30) and `SOAK_SEED` (of the clock) set how long and which deaths.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant, SystemTime},
};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    faults::equals_a_rebuild,
    support::{Market, Running, amount, binary, root, wait},
};

const NODES: u16 = 5;
/// Jobs that are open at once.
const OPEN: usize = 4;
/// Of the whole time, nobody is killed in the last third: what grows then is a leak.
const DEATHS: f64 = 2.0 / 3.0;
const SAMPLE: Duration = Duration::from_secs(5);
/// kB that a process may hold more at its end than in its middle age: what an allocator keeps.
const MORE: u64 = 16 * 1_024;

/// Of a class with time to spare, so that a death does not make anybody late.
const KINDS: [&[&str]; 5] = [
    &["--strategy", "replicated"],
    &["--strategy", "sampled", "--samples", "4", "--committee", "3"],
    &["--strategy", "optimistic", "--window", "20s"],
    &["--strategy", "proven"],
    &["--strategy", "attested", "--threshold", "1"],
];

/// Numbers that a seed repeats.
struct Dice {
    seed: u64,
    throws: u64,
}

impl Dice {
    fn new() -> Self {
        let given = std::env::var("SOAK_SEED").ok().map(|seed| seed.parse().expect("SOAK_SEED is a number"));
        let clock = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        let seed = given.unwrap_or_else(clock);
        eprintln!("SOAK_SEED={seed}");
        Self { seed, throws: 0 }
    }

    /// A number below `end`.
    fn below(&mut self, end: u64) -> u64 {
        self.throws += 1;
        let digest = Sha256::digest([self.seed.to_le_bytes(), self.throws.to_le_bytes()].concat());
        u64::from_le_bytes(digest[..8].try_into().unwrap()) % end
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }
}

/// Resident memory of our processes, in kB, by name, in the order of the samples.
#[derive(Default)]
struct Memory(BTreeMap<String, Vec<u64>>);

impl Memory {
    fn sample(&mut self, market: &Market) {
        for name in names().chain(["indexer".to_owned()]) {
            let status = fs::read_to_string(format!("/proc/{}/status", market.pid(&name))).unwrap_or_default();
            let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
            if let Some(kb) = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok()) {
                self.0.entry(name).or_default().push(kb);
            }
        }
    }

    /// The most in the third quarter of the quiet time, and in its last, of each process.
    fn quarters(&self) -> BTreeMap<&str, (u64, u64)> {
        let most = |part: &[u64]| part.iter().copied().max().unwrap_or_default();
        let of = |kb: &Vec<u64>| (most(&kb[kb.len() / 2..kb.len() * 3 / 4]), most(&kb[kb.len() * 3 / 4..]));
        self.0.iter().map(|(name, kb)| (name.as_str(), of(kb))).collect()
    }
}

fn names() -> impl Iterator<Item = String> {
    (0..NODES).map(|node| format!("operator-{node}"))
}

/// The market, its requester, and what has happened.
struct Soak {
    market: Market,
    wallet: PathBuf,
    requester: String,
    dice: Dice,
    /// Jobs that are not closed yet, as far as it is known.
    open: BTreeSet<String>,
    posted: u64,
    deaths: BTreeMap<String, u64>,
    /// Requests that failed, as they may while what answers them is dead.
    refused: u64,
}

impl Soak {
    fn start() -> Self {
        let market = Market::start(NODES, 0);
        let wallet = market.funded("requester");
        let requester = market.cli_json(&wallet, &["address"])["address"].as_str().unwrap().to_owned();
        let dice = Dice::new();
        Self { market, wallet, requester, dice, open: BTreeSet::new(), posted: 0, deaths: BTreeMap::new(), refused: 0 }
    }

    fn arguments(&mut self) -> Vec<String> {
        let spec = root().join("examples/orf-kmer/job.json").to_str().unwrap().to_owned();
        let terms = self.dice.one_of(&KINDS);
        let post = ["job", "post", &spec, "--price-per-unit", "0.01", "--class", "1"];
        post.iter().chain(terms).map(|word| (*word).to_owned()).collect()
    }

    /// Post a job. It fails while the API is dead, and then nobody knows whether there is a job: the end tells.
    fn post(&mut self) {
        let arguments = self.arguments();
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let output = self.market.cli(&self.wallet, &arguments);
        let posted: Option<Value> = serde_json::from_slice(&output.stdout).ok().filter(|_| output.status.success());
        let Some(posted) = posted else {
            eprintln!("not posted: {}", String::from_utf8_lossy(&output.stderr));
            self.refused += 1;
            return;
        };
        self.open.insert(posted["job"].as_str().unwrap().to_owned());
        self.posted += 1;
    }

    /// Kill something: a node, the indexer, Postgres, or a requester who is about to post.
    fn kill(&mut self) {
        let all: Vec<String> = names().chain(["indexer", "postgres", "requester"].map(str::to_owned)).collect();
        let at = self.dice.below(all.len() as u64) as usize;
        let name = all[at].clone();
        if name == "requester" {
            self.post_and_die();
        } else {
            self.market.kill(&name);
        }
        *self.deaths.entry(name).or_default() += 1;
    }

    /// A CLI that is killed up to two seconds after it was asked to post a job.
    fn post_and_die(&mut self) {
        let arguments = self.arguments();
        let mut command = Command::new(binary("assay"));
        command.args(["--url", &self.market.field("rpc"), "--api", &self.market.field("api"), "--keypair"]);
        command.arg(&self.wallet).args(arguments).env("XDG_CONFIG_HOME", self.market.config());
        command.env("ASSAY_LOCALNET", self.market.data());
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let running = Running(child);
        thread::sleep(Duration::from_millis(self.dice.below(2_000)));
        drop(running);
    }

    /// Forget what has ended.
    fn look(&mut self) {
        let market = &self.market;
        self.open.retain(|job| !market.job(job).is_some_and(|found| found["job"]["closed_slot"].is_string()));
    }

    /// Base units of tUSD of the requester, and of all operators together.
    fn held(&self) -> (u64, u64) {
        let operators = names().map(|name| self.market.data().join(format!("keys/{name}.json")));
        (self.market.holds(&self.wallet, "tUSD"), operators.map(|wallet| self.market.holds(&wallet, "tUSD")).sum())
    }

    /// Every job of the requester's that there ever was.
    fn jobs(&self) -> Vec<String> {
        let mut jobs = vec![];
        let mut path = format!("/v1/jobs?limit=100&requester={}", self.requester);
        loop {
            let page = wait("a page of jobs", || self.market.get(&path));
            let items = page["items"].as_array().unwrap();
            jobs.extend(items.iter().map(|job| job["address"].as_str().unwrap().to_owned()));
            let Some(next) = page["next_cursor"].as_str() else { return jobs };
            path = format!("/v1/jobs?limit=100&requester={}&cursor={next}", self.requester);
        }
    }

    /// Work for a while; a death from time to time, if anybody is to die.
    fn work(&mut self, until: Instant, deaths: bool) -> Memory {
        let mut memory = Memory::default();
        let (mut next_death, mut next_sample, mut next_line) = (Instant::now(), Instant::now(), Instant::now());
        while Instant::now() < until {
            self.look();
            while self.open.len() < OPEN && Instant::now() < until {
                self.post();
            }
            if deaths && Instant::now() >= next_death {
                self.kill();
                next_death = Instant::now() + Duration::from_millis(4_000 + self.dice.below(12_000));
            }
            if Instant::now() >= next_sample {
                memory.sample(&self.market);
                next_sample = Instant::now() + SAMPLE;
            }
            if Instant::now() >= next_line {
                let Self { posted, open, deaths, refused, .. } = self;
                eprintln!("{posted} posted, {} open, {refused} refused, dead so far: {deaths:?}", open.len());
                next_line = Instant::now() + Duration::from_secs(60);
            }
            thread::sleep(Duration::from_millis(250));
        }
        memory
    }
}

#[test]
#[ignore = "it takes half an hour: scripts/test.sh long"]
fn soak_of_five_nodes_with_random_kills() {
    let minutes: f64 = std::env::var("SOAK_MINUTES").map_or(30.0, |text| text.parse().expect("SOAK_MINUTES"));
    let whole = Duration::from_secs_f64(minutes * 60.0);
    let mut soak = Soak::start();
    let before = soak.held();

    let begun = Instant::now();
    soak.work(begun + whole.mul_f64(DEATHS), true);
    let memory = soak.work(begun + whole, false);

    let jobs = soak.jobs();
    assert!(jobs.len() as u64 >= soak.posted, "{} jobs are indexed of {} posted", jobs.len(), soak.posted);
    let paid: u64 = jobs.iter().map(|job| settled(&soak, job)).sum();
    wait("every bond to be back", || {
        let items = soak.market.get("/v1/operators")?["items"].as_array()?.clone();
        (items.len() == names().count() && items.iter().all(|one| one["locked"] == "0")).then_some(())
    });
    let after = soak.held();
    assert_eq!(after.1 - before.1, paid, "what the operators have more is what their jobs paid");
    // 2.5 % of every price went to the market.
    assert_eq!((before.0 - after.0) * 39, paid * 40, "what the requester has less is the prices of its jobs");
    let quarters = memory.quarters();
    let figures = json!({
        "minutes": minutes, "seed": soak.dice.seed, "jobs": jobs.len(), "refused": soak.refused,
        "deaths": soak.deaths, "paid": paid, "resident_kb_of_the_last_two_quarters": quarters,
    });
    println!("{figures}");
    for (name, (then, now)) in quarters {
        assert!(now <= then + MORE, "{name} grew from {then} to {now} kB");
    }
    equals_a_rebuild(&soak.market);
}

/// What a job paid, which must have ended well: nobody was slashed, and nothing is left.
fn settled(soak: &Soak, job: &str) -> u64 {
    let report = soak.market.settled(&soak.wallet, job, None);
    assert_eq!(report["state"], "settled", "{report}");
    assert_eq!(report["slashed"], json!([]), "{report}");
    assert_eq!(amount(&report["vault_balance_after"]), 0, "{report}");
    assert_eq!(report["supply_check"], true, "{report}");
    let paid = report["paid"].as_array().unwrap();
    let names: BTreeSet<_> = paid.iter().map(|line| line["operator"].as_str()).collect();
    assert_eq!((names.len(), paid.is_empty()), (paid.len(), false), "each is paid once: {report}");
    paid.iter().map(|line| amount(&line["amount"])).sum()
}
