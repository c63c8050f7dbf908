//! The commands of who runs the market: validators, authors, voters, and whoever does what is due for the bounties.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::support::{Market, Running, binary, root, wait};

/// Lamports that a localnet's job pays for each draw, count, settlement, expiry and closing.
const BOUNTY: &str = "5000";

struct Scene {
    market: Market,
    /// Runs a node later.
    first: PathBuf,
    second: PathBuf,
    third: PathBuf,
    requester: PathBuf,
}

impl Scene {
    fn address(&self, wallet: &Path) -> String {
        text(&self.market.cli_json(wallet, &["address"]), "address")
    }

    /// The names of the checks that fail.
    fn wrong(&self, wallet: &Path) -> Vec<String> {
        let status = self.market.cli_json(wallet, &["validator", "status"]);
        let checks = status["checks"].as_array().unwrap();
        let wrong: Vec<_> =
            checks.iter().filter(|check| check["ok"] == false).map(|check| text(check, "name")).collect();
        assert_eq!(status["ready"], wrong.is_empty(), "{status}");
        wrong
    }
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_else(|| panic!("{field} of {value}")).to_owned()
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// How many of each kind.
fn kinds(list: &Value) -> BTreeMap<String, usize> {
    let mut kinds = BTreeMap::new();
    for one in list.as_array().unwrap() {
        *kinds.entry(text(one, "kind")).or_default() += 1;
    }
    kinds
}

#[test]
fn cli_gov_validators_authors_voters_and_cranks() {
    let market = Market::start(0, 0);
    let [first, second, third, requester] = ["first", "second", "third", "requester"].map(|name| market.funded(name));
    let scene = Scene { market, first, second, third, requester };
    let watch = watches(&scene);
    joins(&scene);
    let receiver = votes(&scene);
    let job =
        scene.market.post_with(&scene.requester, &root().join("examples/orf-kmer/job.json"), &["--deadline", "36s"]);
    drawn_for_the_bounty(&scene, &job);
    models(&scene);
    measures(&scene);
    expired_for_the_bounty(&scene, &job);
    let _node = works(&scene);
    executes(&scene, &receiver);
    disputed(&scene);
    stops(&scene, watch);
}

/// Everything in one transaction, once.
fn joins(scene: &Scene) {
    let Scene { market, first, second, third, .. } = scene;
    assert!(market.cli_error(first, &["validator", "status"]).contains("is no operator yet: `assay validator join`"));
    let join = ["validator", "join", "--stake", "5000", "--commission", "500"];
    let shown = market.cli_json(first, &[&join[..], &["--dry-run"]].concat());
    assert_eq!(shown["dry_run"], true);
    let joined = market.cli_json(first, &join);
    let facts = json!({"pool_opened": true, "records_opened": [0, 1, 2, 3, 4], "staked": "5000000000000",
        "wanted": "5000000000000", "active": "5000000000000"});
    for (field, value) in facts.as_object().unwrap() {
        assert_eq!(joined[field], *value, "{joined}");
    }
    let again = market.cli_json(first, &join);
    assert_eq!(
        (&again["signature"], &again["staked"], &again["records_opened"]),
        (&Value::Null, &json!("0"), &json!([]))
    );
    for other in [second, third] {
        let joined = market.cli_json(other, &["validator", "join", "--classes", "0"]);
        assert_eq!(joined["staked"], "100000000000", "what class 0 asks for");
        let more = market.cli_json(other, &["validator", "join", "--stake", "400", "--classes", "0,1"]);
        assert_eq!((&more["staked"], &more["records_opened"]), (&json!("300000000000"), &json!([1])));
    }
    wait("the stake to weigh", || (scene.wrong(first) == ["machine"]).then_some(()));
    let records = market.cli_json(first, &["reputation", "--class", "0"]);
    assert_eq!((&records["records"][0]["score_bps"], &records["history"]), (&json!(5_000), &json!([])));
}

/// A proposal that sends ASY of the authority's, out of a dumped transaction; returns who shall get it.
fn votes(scene: &Scene) -> PathBuf {
    let Scene { market, first, second, .. } = scene;
    let receiver = market.wallet("receiver");
    let authority = text(&market.cli_json(first, &["gov", "authority"]), "authority");
    market.cli_json(first, &["token", "send", "7", &authority]);
    // The account is there, so that the authority need not pay for it.
    market.cli_json(first, &["token", "send", "1", &scene.address(&receiver)]);
    let dumped = market
        .cli_json(Path::new(&authority), &["token", "send", "7", &scene.address(&receiver), "--dump-transaction"]);
    let (actions, why) = (market.data().join("action.json"), market.data().join("why.md"));
    fs::write(&actions, dumped.to_string()).unwrap();
    fs::write(&why, "why\n").unwrap();
    let drafted = market
        .cli_json(first, &["gov", "propose", path(&actions), "--text", path(&why), "--uri", "https://example.org/why"]);
    assert_eq!((&drafted["id"], &drafted["actions"], &drafted["started"]), (&json!("0"), &json!(2), &json!(false)));
    let other = market.cli_error(second, &["gov", "cancel", "0"]);
    assert!(other.contains("sign with that wallet"), "{other}");
    // What is there is not sent again, and other actions are refused.
    let go_on = ["gov", "propose", path(&actions), "--draft", "0", "--start"];
    let started = market.cli_json(first, &go_on);
    assert_eq!(
        (started["signatures"].as_array().unwrap().len(), &started["actions_hash"]),
        (1, &drafted["actions_hash"])
    );
    assert!(market.cli_error(first, &go_on).contains("is no draft"));

    let hash = text(&drafted, "actions_hash");
    let lie = market.cli_error(second, &["gov", "vote", "0", "yes", "--actions-hash", &"ab".repeat(32)]);
    assert!(lie.contains("its actions are others"), "{lie}");
    let yes = market.cli_json(first, &["gov", "vote", "0", "yes", "--actions-hash", &hash]);
    assert_eq!((&yes["choice"], &yes["weight"]), (&json!("yes"), &json!("5000000000000")));
    market.cli_json(second, &["gov", "vote", "0", "no"]);
    let shown = market.cli_json(second, &["gov", "show", "0"]);
    let facts = json!({"state": "Voting", "yes": "5000000000000", "no": "400000000000", "abstain": "0",
        "quorum": "1160000000000", "actions_shown": true, "uri": "https://example.org/why"});
    for (field, value) in facts.as_object().unwrap() {
        assert_eq!(shown[field], *value, "{field}: {shown}");
    }
    assert_eq!(shown["votes"].as_array().unwrap().len(), 2);
    assert!(market.cli_error(first, &["gov", "queue", "0"]).contains("the vote ends in"));
    assert!(market.cli_error(first, &["gov", "execute", "0"]).contains("proposal 0 is voting"));
    assert!(market.cli_error(first, &["gov", "veto", "0"]).contains("governance has no guardian"));
    wait("the proposal to be listed", || {
        let listed = market.cli_json(first, &["gov", "list", "--state", "voting"]);
        (listed["items"].as_array()?.len() == 1 && listed["items"][0]["yes"] == "5000000000000").then_some(())
    });
    receiver
}

/// A draw pays whoever sends it. Whoever else pays the fee, the whole bounty is earned.
fn drawn_for_the_bounty(scene: &Scene, job: &str) {
    let Scene { market, third, requester, .. } = scene;
    let listed = wait("the draw to be due", || {
        let listed = market.cli_json(third, &["crank", "--dry-run", "--paid"]);
        (!listed["due"].as_array()?.is_empty()).then_some(listed)
    });
    assert_eq!(listed["due"], json!([{"kind": "draw", "subject": job, "pays": true}]));
    let drawn = market.cli_json(third, &["crank", "--once", "--paid", "--fee-payer", path(requester)]);
    assert_eq!((kinds(&drawn["sent"]), &drawn["failed"]), ([("draw".into(), 1)].into(), &json!([])));
    assert_eq!(drawn["earned"], json!({"lamports": BOUNTY, "asy": "0"}), "{drawn}");
    let nothing = market.cli_json(third, &["crank", "--once", "--paid"]);
    assert_eq!((&nothing["sent"], &nothing["earned"]["lamports"]), (&json!([]), &json!("0")));
}

/// Nobody sat down: the job is ended, refunded and closed, for two bounties less two fees.
fn expired_for_the_bounty(scene: &Scene, job: &str) {
    let Scene { market, third, .. } = scene;
    wait("the job's time to run out", || {
        let listed = market.cli_json(third, &["crank", "--dry-run", "--kinds", "expire-job"]);
        (!listed["due"].as_array()?.is_empty()).then_some(())
    });
    let before = market.holds(third, "ASY");
    let ended = market.cli_json(third, &["crank", "--kinds", "expire-job,close-job"]);
    let sent = [("close-job".into(), 1), ("expire-job".into(), 1)];
    assert_eq!((kinds(&ended["sent"]), &ended["failed"]), (sent.into(), &json!([])), "{ended}");
    assert_eq!(ended["earned"], json!({"lamports": "0", "asy": "0"}), "bounty and fee are the same on a localnet");
    assert_eq!(market.holds(third, "ASY"), before);
    let report = market.settled(&scene.requester, job, None);
    assert_eq!((&report["state"], &report["rent_left_lamports"]), (&json!("expired"), &json!(0)), "{report}");
}

/// A model's life.
fn models(scene: &Scene) {
    let Scene { market, second, .. } = scene;
    let weights = market.data().join("weights.bin");
    fs::write(&weights, [7; 1_000]).unwrap();
    let published = market.cli_json(second, &["model", "publish", path(&weights), "--royalty", "250"]);
    assert_eq!((&published["id"], &published["royalty_bps"]), (&json!(0), &json!(250)));
    let blob = Command::new("curl").args(["-fsS", &text(&published, "uri")]).output().unwrap();
    assert_eq!(blob.stdout, [7; 1_000], "the content is where the model says");
    let same = market.cli_error(second, &["model", "version", "0", path(&weights)]);
    assert!(same.contains("has this content already"), "{same}");
    let hash = "cd".repeat(32);
    let second_one = market.cli_json(second, &["model", "publish", "--hash", &hash, "--uri", "ipfs://x"]);
    assert_eq!(second_one["id"], 1);
    let revised = market.cli_json(second, &["model", "version", "0", "--hash", &hash, "--uri", "ipfs://y"]);
    assert_eq!((&revised["revision"], &revised["content_hash"]), (&json!(2), &json!(hash)));
    let third = scene.address(&scene.third);
    assert_eq!(market.cli_json(second, &["model", "payee", "0", &third])["payee"], *third);
    market.cli_json(second, &["model", "retire", "1"]);
    let listed = wait("the indexer to know the models", || {
        let listed = market.cli_json(second, &["model", "list", "--mine"]);
        let items = listed["items"].as_array()?;
        (items.len() == 1 && items[0]["payee"] == *third).then(|| items[0].clone())
    });
    assert_eq!((&listed["revision"], &listed["uri"], &listed["id"]), (&json!(2), &json!("ipfs://y"), &json!(0)));
    let shown = market.cli_json(second, &["model", "show", &text(&published, "model")]);
    assert_eq!(shown["timeline"].as_array().unwrap().len(), 3, "published, revised, paid elsewhere: {shown}");
    let owed = market.cli_json(second, &["model", "royalties", "--claim"]);
    assert_eq!((&owed["owed"], &owed["signatures"]), (&json!([]), &json!([])));
}

fn measures(scene: &Scene) {
    let measured = scene.market.cli_json(&scene.second, &["bench", "--samples", "5", "--parallel", "2", "--send"]);
    let calls = measured["calls"].as_array().unwrap();
    assert_eq!(calls.len(), 9, "{measured}");
    for call in calls {
        assert_eq!((&call["failed"], &call["samples"]), (&json!(0), &json!(5)), "{call}");
        assert!(call["p50_ms"].as_f64().unwrap() <= call["p95_ms"].as_f64().unwrap(), "{call}");
    }
}

/// The first validator's node proves a job, and its record says so.
fn works(scene: &Scene) -> Running {
    let Scene { market, first, requester, .. } = scene;
    let data = market.data().join("node");
    let log = fs::File::create(market.data().join("node.log")).unwrap();
    let node = Command::new(binary("assay-node"))
        .args(["--url", &market.field("rpc"), "--api", &market.field("api"), "--poll-ms", "300", "--keypair"])
        .arg(first)
        .args(["--prover", path(&binary("assay-localnet-prover")), "--data", path(&data)])
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap();
    let node = Running(node);
    let job = market.post_with(requester, &root().join("examples/orf-kmer/job.json"), &["--strategy", "proven"]);
    assert_eq!(market.settled(requester, &job, None)["state"], "settled");
    assert_eq!(scene.wrong(first), Vec::<String>::new());
    let shown = market.cli_json(first, &["reputation"]);
    let (record, history) = (&shown["records"][0], shown["history"].as_array().unwrap());
    assert_eq!((&record["class"], &record["valid"], &record["wrong"]), (&json!(0), &json!(1), &json!(0)), "{shown}");
    assert!(record["score_bps"].as_u64().unwrap() > 5_000, "{shown}");
    assert_eq!((history.len(), &history[0]["kind"], &history[0]["job"]), (1, &json!("SeatSettled"), &json!(job)));
    node
}

/// The vote is over: it is carried out, and everything is closed by whoever comes by.
fn executes(scene: &Scene, receiver: &Path) {
    let Scene { market, second, third, .. } = scene;
    let queued = wait("the vote to end", || {
        let output = market.cli(third, &["gov", "queue", "0"]);
        output.status.success().then(|| serde_json::from_slice::<Value>(&output.stdout).unwrap())
    });
    assert_eq!(queued["done"], "queued");
    let executed = wait("the timelock to end", || {
        let output = market.cli(third, &["gov", "execute", "0"]);
        output.status.success().then(|| serde_json::from_slice::<Value>(&output.stdout).unwrap())
    });
    assert_eq!(executed["signatures"].as_array().unwrap().len(), 2);
    assert_eq!(market.holds(receiver, "ASY"), 8_000_000_000);
    let close = market.cli_json(second, &["crank", "--once", "--kinds", "close-action,close-proposal,close-vote"]);
    let closed = [("close-action".into(), 2), ("close-proposal".into(), 1), ("close-vote".into(), 2)];
    assert_eq!((kinds(&close["sent"]), &close["failed"]), (closed.into(), &json!([])), "{close}");
    assert!(market.cli_error(second, &["gov", "show", "0"]).contains("or it is closed"));
}

/// A delivery is challenged: each sees its own place in the case, and who is drawn is told so.
fn disputed(scene: &Scene) {
    let Scene { market, first, second, third, requester } = scene;
    let terms = ["--strategy", "optimistic", "--window", "60s"];
    let job = market.post_with(requester, &root().join("examples/orf-kmer/job.json"), &terms);
    wait("a delivery", || (market.job(&job)?["job"]["status"] == "delivered").then_some(()));
    let opened = market.cli_json(second, &["job", "challenge", &job, "--unit", "3"]);
    let case = text(&opened, "case");
    let place = |wallet: &Path| market.cli_json(wallet, &["validator", "jury", &case]);
    wait("the third validator to be drawn", || (place(third)["you"]["may_join"] == true).then_some(()));
    let shown = place(third);
    assert_eq!((&shown["about"], &shown["phase"], &shown["chairs"]), (&json!("unit 3"), &json!("Judging"), &json!(3)));
    assert_eq!((&shown["you"]["role"], &shown["you"]["hindered"]), (&json!("candidate"), &json!([])));
    assert_eq!((&shown["juror_bond"], &shown["joined"]), (&json!("20000000000"), &json!(0)));
    for (wallet, role) in [(first, "executor"), (second, "opener"), (third, "candidate")] {
        let listed = market.cli_json(wallet, &["validator", "cases"]);
        let cases = listed["cases"].as_array().unwrap();
        assert_eq!(
            (cases.len(), &cases[0]["case"], &cases[0]["you"]["role"]),
            (1, &json!(case), &json!(role)),
            "{listed}"
        );
        assert_eq!(cases[0]["you"]["may_join"], role == "candidate");
    }
    wait("the open case to be indexed", || {
        let cases = market.get(&format!("/v1/cases?job={job}"))?;
        (cases["items"].as_array()?.len() == 1 && cases["items"][0]["closed_slot"].is_null()).then_some(())
    });
    let none = market.cli_error(third, &["validator", "jury", &job]);
    assert!(none.contains("is not what it should be"), "{none}");
}

/// Follows emission and epochs until it is told to stop.
fn watches(scene: &Scene) -> (Running, PathBuf) {
    let told = scene.market.data().join("watch.json");
    let child = Command::new(binary("assay"))
        .args(["--url", &scene.market.field("rpc"), "--api", &scene.market.field("api"), "--output", "json-compact"])
        .args(["crank", "--watch", "--every", "2s", "--kinds", "emit-epoch,advance-epoch", "--keypair"])
        .arg(&scene.third)
        .env("ASSAY_LOCALNET", scene.market.data())
        .stdin(Stdio::null())
        .stdout(fs::File::create(&told).unwrap())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    (Running(child), told)
}

fn stops(scene: &Scene, (mut watch, told): (Running, PathBuf)) {
    let sent = |kind: &str| {
        let lines = fs::read_to_string(&told).unwrap();
        let all = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        all.map(|report| kinds(&report["sent"]).get(kind).copied().unwrap_or(0)).sum::<usize>()
    };
    wait("an emission", || (sent("emit-epoch") > 0 && sent("advance-epoch") > 0).then_some(()));
    let minted: u64 = text(&scene.market.cli_json(&scene.third, &["token", "supply"]), "minted").parse().unwrap();
    assert!(minted > 4 * 10_000 * 1_000_000_000, "four airdrops, and what was emitted: {minted}");
    assert!(Command::new("kill").args(["-INT", &watch.0.id().to_string()]).status().unwrap().success());
    let status = watch.ended();
    assert_eq!(status.code(), Some(0), "being told to stop is no failure");
}
