//! Jobs of the other engines: encrypted ones, which no node can read, and containers. Each is computed by those nodes whose
//! operators offer the engine, of which there are two here, and by nobody else.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use assay_sdk::result::ResultDocument;
use serde_json::{Value, json};

use crate::{
    nodes::Node,
    support::{Market, amount, files, root, wait},
};

/// A market with one node that runs WebAssembly alone, and two that offer an engine; its requester, and a folder.
struct Scene {
    market: Market,
    requester: PathBuf,
    nodes: [Node; 2],
    place: tempfile::TempDir,
}

impl Scene {
    fn new(arguments: &[&str]) -> Self {
        let market = Market::start(1, 0);
        let requester = market.funded("requester");
        let place = tempfile::tempdir().unwrap();
        let nodes = ["first", "second"].map(|name| Node::start(&market, place.path(), name, arguments));
        Self { market, requester, nodes, place }
    }

    fn path(&self, name: &str) -> String {
        self.place.path().join(name).to_str().unwrap().to_owned()
    }

    fn cli(&self, arguments: &[&str]) -> Value {
        self.market.cli_json(&self.requester, arguments)
    }

    /// Post a spec to both nodes that offer its engine, who must agree, and wait until it is settled: the root.
    fn settled(&self, units: u64, class: &str) -> (String, String) {
        let terms = ["--replicas", "2", "--quorum", "2", "--class", class];
        let job = self.market.post_with(&self.requester, Path::new(&self.path("job.json")), &terms);
        let report = self.market.settled(&self.requester, &job, None);
        assert_eq!((&report["state"], &report["slashed"]), (&json!("settled"), &json!([])), "{report}");
        let mut paid: Vec<_> = report["paid"].as_array().unwrap().iter().map(|line| &line["operator"]).collect();
        let mut offered: Vec<_> = self.nodes.iter().map(|node| json!(node.operator)).collect();
        paid.sort_unstable_by_key(|one| one.to_string());
        offered.sort_unstable_by_key(|one| one.to_string());
        assert_eq!(paid, offered.iter().collect::<Vec<_>>(), "{report}");
        // 0.01 tUSD a unit, less 2.5 %.
        let each = units * 9_750;
        assert!(report["paid"].as_array().unwrap().iter().all(|line| amount(&line["amount"]) == each), "{report}");
        assert_eq!(amount(&report["vault_balance_after"]), 0, "{report}");
        (job, report["root"].as_str().unwrap().to_owned())
    }
}

/// Eight salaries, of two offices; what `examples/encrypted-sum` says of them.
#[test]
fn an_encrypted_job_is_computed_by_nodes_and_read_by_its_requester_alone() {
    let scene = Scene::new(&["--engines", "wasm,tfhe"]);
    let example = root().join("examples/encrypted-sum");
    let (circuit, numbers) = (example.join("sum.json"), example.join("numbers.txt"));
    let (circuit, numbers) = (circuit.to_str().unwrap(), numbers.to_str().unwrap());
    let (client, server, input) = (scene.path("client.key"), scene.path("server.key"), scene.path("input.bin"));
    let keys = ["--client-key", &client, "--server-key", &server];

    scene.cli(&[&["fhe", "keygen"], &keys[..]].concat());
    let encrypt = ["--circuit", circuit, "--units", "2", "-o", &input, numbers];
    let limits = scene.cli(&[&["fhe", "encrypt"], &keys[..], &encrypt].concat())["limits"].clone();
    let (fuel, memory) = (limits["fuel"].as_str().unwrap(), limits["memory_mib"].as_str().unwrap());
    let spec = scene.path("job.json");
    let new =
        ["job", "new", "encrypted", "--name", "salaries", "--program", circuit, "--input", &input, "--out", &spec];
    scene.cli(&[&new[..], &["--units", "2", "--fuel", fuel, "--memory-mib", memory]].concat());
    let (_, root) = scene.settled(2, "3");

    let result = scene.path("result.json");
    let url = format!("{}/v1/results/{root}", scene.market.field("api"));
    let fetched = Command::new("curl").args(["-fsS", "--max-time", "60", "-o", &result, &url]).status().unwrap();
    assert!(fetched.success(), "{url}");
    let read = |keys: &[&str]| scene.cli(&[&["fhe", "decrypt"], keys, &["--circuit", circuit, &result]].concat());
    assert_eq!(read(&keys), json!({"units": [["5730"], ["6180"]]}));
    stays_with_its_owner(&scene, Path::new(&client));

    // Somebody else's key reads something else.
    let (client, server) = (scene.path("other-client.key"), scene.path("other-server.key"));
    let others = ["--client-key", &client, "--server-key", &server];
    scene.cli(&[&["fhe", "keygen"], &others[..]].concat());
    assert_ne!(read(&others), json!({"units": [["5730"], ["6180"]]}));
}

/// No file of the market's or the nodes' holds the client key; that it was looked for is shown by the server key, which the
/// API and both nodes have.
fn stays_with_its_owner(scene: &Scene, client: &Path) {
    let part = |path: &Path| {
        let bytes = fs::read(path).unwrap();
        // From the middle: in the beginning are the parameters, which all keys have.
        bytes[bytes.len() / 2..][..512].to_vec()
    };
    let (client, server) = (part(client), part(Path::new(&scene.path("server.key"))));
    let mut all = vec![];
    files(&scene.market.data().join("run"), &mut all);
    files(&scene.market.data().join("logs"), &mut all);
    scene.nodes.iter().for_each(|node| files(&node.data, &mut all));
    let mut holders = 0;
    for path in all {
        let bytes = fs::read(&path).unwrap_or_default();
        let holds = |part: &[u8]| bytes.windows(part.len()).any(|some| some == part);
        assert!(!holds(&client), "{} tells the client key", path.display());
        holders += u32::from(holds(&server));
    }
    assert_eq!(holders, 3, "the API and the caches of both nodes");
}

/// The container command that runs here, if one does: Podman with its own runtime or with runc, or Docker.
fn engine(folder: &Path) -> Option<String> {
    let mut said = vec![];
    for command in ["podman", "podman --runtime runc", "docker"] {
        let built = tool(command, folder, &["build", "--quiet", "--file", "Containerfile", "."]);
        let ran = built.and_then(|image| {
            let limits = ["--pull", "never", "--network", "none", "--memory", "32m", "--memory-swap", "32m"];
            let nofile = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096"];
            let words = [&["run", "--rm"], &limits[..], &nofile, &[image.as_str(), "0", "1"]].concat();
            tool(command, folder, &words)
        });
        match ran {
            Ok(_) => return Some(command.to_owned()),
            Err(why) => said.push(why),
        }
    }
    println!("containers: NOT TESTED, no container engine runs here: {said:?}");
    None
}

/// Runs the container command, for two minutes at most: what it writes, or why it failed.
fn tool(command: &str, folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let mut run = Command::new("timeout");
    let ran = run.arg("120").args(command.split(' ')).args(arguments).current_dir(folder).output().unwrap();
    if ran.status.success() {
        return Ok(String::from_utf8_lossy(&ran.stdout).trim().to_owned());
    }
    Err(format!("{command} {arguments:?}: {} {}", ran.status, String::from_utf8_lossy(&ran.stderr).trim()))
}

#[test]
fn a_container_job_is_settled_by_the_nodes_that_run_containers() {
    let place = tempfile::tempdir().unwrap();
    let source = root().join("tests/tests/market/engines/squares.c");
    let compiled = Command::new("cc").args(["-static", "-O1", "-o"]).arg(place.path().join("job")).arg(source).output();
    let compiled = compiled.unwrap();
    assert!(compiled.status.success(), "{compiled:?}");
    fs::write(place.path().join("Containerfile"), "FROM scratch\nCOPY job /job\nENTRYPOINT [\"/job\"]\n").unwrap();
    let Some(command) = engine(place.path()) else { return };
    let run = |arguments: &[&str]| tool(&command, place.path(), arguments).unwrap();
    // As docs/engines.md has it: by its id. Then the image is only in the archive, which is all that nodes get.
    let image = run(&["build", "--quiet", "--file", "Containerfile", "."]);
    run(&["save", "--format", "docker-archive", "--output", "image.tar", &image]);
    run(&["rmi", &image]);

    let scene = Scene::new(&["--engines", "wasm,oci", "--containers", &command]);
    let numbers: Vec<u64> = (1..=100).collect();
    let input = scene.path("numbers.txt");
    fs::write(&input, numbers.iter().map(|number| format!("{number}\n")).collect::<String>()).unwrap();
    let (spec, archive) = (scene.path("job.json"), place.path().join("image.tar"));
    let new =
        ["job", "new", "container", "--name", "squares", "--program", archive.to_str().unwrap(), "--input", &input];
    let limits = ["--units", "3", "--fuel", "1000000", "--memory-mib", "32", "--output-bytes", "64", "--out", &spec];
    scene.cli(&[&new[..], &limits].concat());
    let (job, settled) = scene.settled(3, "2");

    let sums = [0, 1, 2]
        .map(|unit| numbers.iter().skip(unit).step_by(3).map(|number| number * number).sum::<u64>().to_string());
    let expected = ResultDocument::build(sums.iter().map(|sum| sum.clone().into_bytes()).collect()).unwrap();
    assert_eq!(settled, hex::encode(expected.root));
    let items = scene.cli(&["job", "results", &job])["items"].clone();
    let outputs: Vec<_> = items.as_array().unwrap().iter().map(|item| item["output"].as_str().unwrap()).collect();
    assert_eq!(outputs, sums);
    // Nothing of it stays: no container, no image.
    wait("the nodes to clean up", || {
        let gone = tool(&command, place.path(), &["image", "inspect", "--format", "{{.Id}}", &image]).is_err();
        (gone && run(&["ps", "--all", "--quiet", "--filter", "label=assay.node"]).is_empty()).then_some(())
    });
}
