//! What may differ between machines does not reach an output.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use assay_sdk::merkle;

use super::*;

/// A real program, with floating point, memory that grows, tables and a few thousand functions' worth of library.
const PROGRAM: &[u8] = include_bytes!("../../../../../examples/logistic-regression/job.wasm");
const INPUT: &[u8] = include_bytes!("../../../../../examples/logistic-regression/input.csv");
const SPEC: &str = include_str!("../../../../../examples/logistic-regression/job.json");
const OUTPUTS: &str = include_str!("../../../../../examples/logistic-regression/expected/outputs.json");
/// The unit that takes least.
const UNIT: u64 = 0;
/// Where the other process finds the cache.
const CACHE: &str = "ASSAY_TEST_COMPILED";
/// Far longer than it takes.
const PATIENCE: Duration = Duration::from_secs(300);

fn real(runtime: &WasmRuntime) -> UnitOutput {
    // Its uris are names of files beside it.
    let text = SPEC.replace("\"uri\": \"", "\"uri\": \"file:///");
    let spec = JobSpec::parse(text.as_bytes()).unwrap();
    let job = runtime.prepare(&spec, PROGRAM, Bytes::from_static(INPUT)).unwrap();
    run_alone(job.into(), UNIT, Stop::default()).unwrap()
}

fn expected() -> [u8; 32] {
    let outputs: Vec<String> = serde_json::from_str(OUTPUTS).unwrap();
    merkle::unit_digest(UNIT, outputs[UNIT as usize].as_bytes())
}

#[test]
fn a_circuits_shots_come_to_what_the_example_says() {
    let text =
        include_str!("../../../../../examples/quantum-circuit/job.json").replace("\"uri\": \"", "\"uri\": \"file:///");
    let program = include_bytes!("../../../../../examples/quantum-circuit/job.wasm");
    let input = include_bytes!("../../../../../examples/quantum-circuit/input.qasm");
    let outputs: Vec<String> =
        serde_json::from_str(include_str!("../../../../../examples/quantum-circuit/expected/outputs.json")).unwrap();
    let spec = JobSpec::parse(text.as_bytes()).unwrap();
    let job = pooled().prepare(&spec, program, Bytes::from_static(input)).unwrap();
    let unit = run_alone(job.into(), 15, Stop::default()).unwrap();
    assert_eq!(String::from_utf8(unit.output).unwrap(), outputs[15]);
}

#[test]
fn a_real_unit_comes_to_the_same_whatever_the_engine() {
    let setups = [
        Setup::default(),
        Setup { slots: 4, ..Setup::default() },
        Setup { parallel_compilation: false, ..Setup::default() },
        Setup { optimise: false, ..Setup::default() },
        Setup { slots: 1, parallel_compilation: false, optimise: false },
    ];
    let mut fuel = vec![];
    for setup in setups {
        let unit = real(&WasmRuntime::with(&setup, None).unwrap());
        assert_eq!(merkle::unit_digest(UNIT, &unit.output), expected(), "{setup:?}");
        fuel.push(unit.fuel_used);
    }
    assert_eq!(fuel, [fuel[0]; 5], "work is counted alike");
}

#[test]
fn a_real_unit_comes_to_the_same_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let cache = ModuleCache::open(dir.path(), [7; 32], 1 << 30).unwrap();
    let setup = Setup { slots: 1, ..Setup::default() };
    // Cold, then warm, in this process.
    for _ in 0..2 {
        let unit = real(&WasmRuntime::with(&setup, Some(cache.clone())).unwrap());
        assert_eq!(merkle::unit_digest(UNIT, &unit.output), expected());
    }
    let test = "runtime::wasm::tests::same::in_another_process";
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", "--nocapture", test])
        .env(CACHE, dir.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = said_by(child);
    assert!(said.contains(&format!("digest {} from the cache true", hex::encode(expected()))), "{said}");
}

/// What a process writes, which is ended if it does not end by itself.
fn said_by(mut child: Child) -> String {
    let started = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if started.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("the other process does not end");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let mut said = String::new();
    child.stdout.unwrap().read_to_string(&mut said).unwrap();
    said
}

#[test]
#[ignore = "run by a_real_unit_comes_to_the_same_after_a_restart, in a process of its own"]
fn in_another_process() {
    let Ok(dir) = std::env::var(CACHE) else { return };
    let cache = ModuleCache::open(dir, [7; 32], 1 << 30).unwrap();
    let runtime = WasmRuntime::with(&Setup::default(), Some(cache.clone())).unwrap();
    let known = cache.get(&runtime.engines.plain.engine, PROGRAM).is_some();
    let digest = merkle::unit_digest(UNIT, &real(&runtime).output);
    println!("digest {} from the cache {known}", hex::encode(digest));
}

#[test]
fn digests_are_equal_with_and_without_a_pool_and_in_other_runs() {
    let program = start(
        "(drop (call $random_get (i32.const 64) (i32.const 256))) (call $write (i32.const 1) (i32.const 64) (i32.const 256))",
    );
    let digests = |unit| -> Vec<[u8; 32]> {
        let engines = [WasmRuntime::new().unwrap(), pooled()];
        let run = |engine: &WasmRuntime| {
            let job = engine.prepare(&spec(), &program, Bytes::new()).unwrap();
            [job.run_unit(unit, &Stop::default()).unwrap(), job.run_unit(unit, &Stop::default()).unwrap()]
        };
        let outputs: Vec<UnitOutput> = engines.iter().flat_map(run).collect();
        assert!(outputs.iter().all(|output| output.fuel_used == outputs[0].fuel_used));
        outputs.iter().map(|output| merkle::unit_digest(unit, &output.output)).collect()
    };
    let (three, four) = (digests(3), digests(4));
    assert!(three.iter().all(|digest| *digest == three[0]));
    assert!(four.iter().all(|digest| *digest == four[0] && *digest != three[0]));
}

#[test]
fn more_units_than_the_pool_has_room_for_run_beside_it() {
    let runtime = WasmRuntime::with(&Setup { slots: 1, ..Setup::default() }, None).unwrap();
    let program = start("(call $write (i32.const 1) (i32.const 64) (i32.const 4)) (loop $l (br $l))");
    let job: Arc<dyn PreparedJob> = runtime.prepare(&spec(), &program, Bytes::new()).unwrap().into();
    let units = (0..6).map(|unit| {
        let job = job.clone();
        std::thread::spawn(move || run_alone(job, unit, Stop::default()))
    });
    for unit in units.collect::<Vec<_>>() {
        assert_eq!(unit.join().unwrap(), Err(RuntimeError::OutOfFuel { fuel: 10_000_000 }));
    }
}
