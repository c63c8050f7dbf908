//! Small programs written as text, one per promise.

mod cache;
mod hostile;
mod nans;
mod same;

use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::runtime::{Stop, UnitOutput, limits::THREAD_STACK_BYTES};

/// A module with the imports these tests use, one page of memory and the given functions. `$write` writes
/// `length` bytes at `pointer` to a file descriptor.
fn program(functions: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
        (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
        (import "wasi_snapshot_preview1" "clock_res_get" (func $clock_res_get (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_prestat_get" (func $fd_prestat_get (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "path_open"
          (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "sock_accept" (func $sock_accept (param i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
        (memory (export "memory") 1)
        (func $write (param $fd i32) (param $pointer i32) (param $length i32)
          (i32.store (i32.const 0) (local.get $pointer))
          (i32.store (i32.const 4) (local.get $length))
          (drop (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8))))
        {functions})"#
    );
    wat::parse_str(text).unwrap()
}

fn start(body: &str) -> Vec<u8> {
    program(&format!("(func (export \"_start\") {body})"))
}

fn spec() -> JobSpec {
    let file = json!({"uri": "https://example.org/x", "sha256": "00".repeat(32)});
    let spec = json!({"version": 1, "name": "t", "engine": "wasm", "program": file, "input": file, "units": 12,
        "args": ["--min-orf", "90"], "seed": 7,
        "limits": {"fuel": 10_000_000, "memory_mib": 4, "output_bytes": 4096}});
    JobSpec::parse(spec.to_string().as_bytes()).unwrap()
}

/// A unit on both ways of finding memory, which must come to the same.
fn run_unit(program: &[u8], unit: u64) -> Result<UnitOutput, RuntimeError> {
    let plain = run_on(&WasmRuntime::new()?, program, unit);
    let pooled = run_on(&pooled(), program, unit);
    assert_eq!(plain, pooled, "with and without a pool");
    plain
}

fn run_on(runtime: &WasmRuntime, program: &[u8], unit: u64) -> Result<UnitOutput, RuntimeError> {
    let job = runtime.prepare(&spec(), program, Bytes::from_static(b"some input"))?;
    run_alone(job.into(), unit, Stop::default())
}

/// On a thread of its own: those of tests have too small a stack.
fn run_alone(job: Arc<dyn PreparedJob>, unit: u64, stop: Stop) -> Result<UnitOutput, RuntimeError> {
    let builder = std::thread::Builder::new().stack_size(THREAD_STACK_BYTES);
    builder.spawn(move || job.run_unit(unit, &stop)).unwrap().join().unwrap()
}

/// With memory set aside for two units.
fn pooled() -> WasmRuntime {
    WasmRuntime::with(&Setup { slots: 2, ..Setup::default() }, None).unwrap()
}

fn run(body: &str) -> Result<UnitOutput, RuntimeError> {
    run_unit(&start(body), 3)
}

/// The output of a program as little-endian words.
fn words(body: &str) -> Vec<u32> {
    let output = run(body).unwrap().output;
    output.chunks(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect()
}

#[test]
fn the_unit_is_told_who_it_is() {
    let body = "(drop (call $args_sizes_get (i32.const 16) (i32.const 20)))
        (drop (call $args_get (i32.const 32) (i32.const 64)))
        (call $write (i32.const 1) (i32.const 64) (i32.load (i32.const 20)))";
    assert_eq!(run(body).unwrap().output, b"job\x003\x0012\0--min-orf\x0090\0");
}

#[test]
fn the_input_is_on_stdin_and_the_output_is_what_was_written() {
    let body = "(i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 100))
        (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16)))
        (call $write (i32.const 1) (i32.const 64) (i32.load (i32.const 16)))
        (call $write (i32.const 2) (i32.const 64) (i32.const 4))
        (call $write (i32.const 1) (i32.const 65) (i32.const 3))";
    let unit = run(body).unwrap();
    assert_eq!((unit.output.as_slice(), unit.stderr.as_str()), (&b"some inputome"[..], "some"));
}

#[test]
fn random_numbers_are_the_documented_stream() {
    // ChaCha20, key sha256("assay:rng" || 7 as u64 LE || 3 as u64 LE), nonce and counter 0; written with Python.
    let body = "(drop (call $random_get (i32.const 64) (i32.const 16)))
        (call $write (i32.const 1) (i32.const 64) (i32.const 16))";
    assert_eq!(hex::encode(run(body).unwrap().output), "16584fd9eb97e6f9b87ed28da8755cc9");
    // Outside the memory: EFAULT and nothing written.
    assert_eq!(
        words(
            "(i32.store (i32.const 64) (call $random_get (i32.const 65530) (i32.const 7)))
            (call $write (i32.const 1) (i32.const 64) (i32.const 4))"
        ),
        [21]
    );
}

#[test]
fn clocks_stand_at_zero() {
    let body = "(i64.store (i32.const 64) (i64.const -1)) (i64.store (i32.const 72) (i64.const -1))
        (i32.store (i32.const 80) (call $clock_time_get (i32.const 0) (i64.const 0) (i32.const 64)))
        (i32.store (i32.const 84) (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 72)))
        (drop (call $clock_res_get (i32.const 0) (i32.const 88)))
        (drop (call $clock_res_get (i32.const 1) (i32.const 96)))
        (call $write (i32.const 1) (i32.const 64) (i32.const 40))";
    assert_eq!(words(body), [0, 0, 0, 0, 0, 0, 1, 0, 1, 0]);
}

#[test]
fn nans_have_one_form() {
    // 0/0 and inf-inf have different signs on different processors; the canonical NaN is 0x7fc00000.
    let body = "(local $zero f32) (local $infinite f32)
        (local.set $infinite (f32.const inf))
        (f32.store (i32.const 64) (f32.div (local.get $zero) (local.get $zero)))
        (f32.store (i32.const 68) (f32.sub (local.get $infinite) (local.get $infinite)))
        (f32.store (i32.const 72) (f32.add (f32.const nan:0x200001) (local.get $zero)))
        (f32.store (i32.const 76) (f32.sqrt (f32.const -1)))
        (call $write (i32.const 1) (i32.const 64) (i32.const 16))";
    assert_eq!(words(body), [0x7fc0_0000; 4]);
}

#[test]
fn calls_to_the_host_and_bulk_operations_cost_fuel() {
    let fuel = |body| run(body).unwrap().fuel_used;
    let idle = fuel("");
    assert!(fuel("(drop (call $random_get (i32.const 64) (i32.const 0)))") >= idle + 500);
    assert!(fuel("(drop (call $random_get (i32.const 64) (i32.const 9000)))") >= idle + 9500);
    assert!(fuel("(call $write (i32.const 2) (i32.const 64) (i32.const 9000))") >= idle + 9500);
    assert!(fuel("(memory.fill (i32.const 0) (i32.const 1) (i32.const 65536))") >= idle + 1000);
    let busy = [
        "(loop $l (call $write (i32.const 2) (i32.const 64) (i32.const 60000)) (br $l))",
        "(loop $l (drop (call $random_get (i32.const 0) (i32.const 65536))) (br $l))",
        "(loop $l (drop (call $poll_oneoff (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))) (br $l))",
        "(loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 65536)) (br $l))",
    ];
    for body in busy {
        assert_eq!(run(body), Err(RuntimeError::OutOfFuel { fuel: 10_000_000 }), "{body}");
    }
}

#[test]
fn tables_are_bounded() {
    let text = r#"(module (table $t 1 funcref) (func (export "_start")
        (drop (table.grow $t (ref.null func) (i32.const 1048576)))))"#;
    let error = run_unit(&wat::parse_str(text).unwrap(), 0).unwrap_err();
    assert_eq!(error, RuntimeError::TableTooLarge { asked: 1_048_577, limit: 1_048_576 });
}

#[test]
fn too_much_output_is_an_error_even_if_the_program_goes_on() {
    let write = "(call $write (i32.const 1) (i32.const 64) (i32.const 4096))";
    assert_eq!(run(write).unwrap().output.len(), 4096);
    let more = format!("{write} (call $write (i32.const 1) (i32.const 64) (i32.const 1))");
    assert_eq!(run(&more), Err(RuntimeError::OutputTooLarge { limit: 4096 }));
    assert_eq!(run(&format!("(loop $l {write} (br $l))")), Err(RuntimeError::OutputTooLarge { limit: 4096 }));
    assert_eq!(
        run("(call $write (i32.const 1) (i32.const 64) (i32.const 60000))"),
        Err(RuntimeError::OutputTooLarge { limit: 4096 })
    );
}

#[test]
fn stderr_is_cut_and_never_fails() {
    let unit = run(
        "(call $write (i32.const 2) (i32.const 64) (i32.const 60000)) (call $write (i32.const 1) (i32.const 8) (i32.const 4))",
    );
    let unit = unit.unwrap();
    assert_eq!(unit.stderr.len(), 4096);
    assert_eq!(unit.output, 60_000u32.to_le_bytes());
}

#[test]
fn traps_and_exit_codes_come_with_their_stderr() {
    let text =
        "(i32.store (i32.const 64) (i32.const 0x1b706f6f)) (call $write (i32.const 2) (i32.const 64) (i32.const 4))";
    let trapped = run(&format!("{text} unreachable")).unwrap_err();
    assert!(
        trapped.to_string().starts_with("R08 trapped: wasm trap: wasm `unreachable` instruction executed"),
        "{trapped}"
    );
    // Control characters do not reach the terminal.
    assert!(trapped.to_string().ends_with(r#"stderr: "oop\u{1b}""#), "{trapped}");
    let gave_up = run(&format!("{text} (call $proc_exit (i32.const 3))")).unwrap_err();
    assert_eq!(gave_up, RuntimeError::ExitCode { code: 3, stderr: "oop\u{1b}".to_owned() });
    assert!(run("(call $proc_exit (i32.const 0)) unreachable").is_ok());
}

#[test]
fn what_is_no_wasi_command_is_refused_before_it_runs() {
    let refused = |bytes: &[u8]| run_unit(bytes, 0).unwrap_err();
    let refused_text = |text: &str| refused(&wat::parse_str(text).unwrap());
    assert!(matches!(refused(b"\x7fELF"), RuntimeError::NotWasm(_)));
    assert!(matches!(refused(b""), RuntimeError::NotWasm(_)));
    assert!(matches!(refused(&program("")[..100]), RuntimeError::NotWasm(_)));
    assert_eq!(refused_text("(module)"), RuntimeError::NoStart);
    assert_eq!(refused_text("(module (func (export \"_start\") (param i32)))"), RuntimeError::NoStart);
    for (module, name) in [("env", "system"), (PREVIEW1, "sock_connect"), ("wasi_unstable", "fd_write")] {
        let text = format!("(module (import \"{module}\" \"{name}\" (func)) (func (export \"_start\")))");
        let expected = RuntimeError::ImportRefused { module: module.to_owned(), name: name.to_owned() };
        assert_eq!(refused_text(&text), expected);
    }
    let component = wat::parse_str("(component)").unwrap();
    assert!(matches!(refused(&component), RuntimeError::NotWasm(_)));
}

#[test]
fn proposals_outside_the_pinned_set_are_refused() {
    for text in [
        "(module (memory 1 1 shared) (func (export \"_start\")))",
        "(module (memory i64 1) (func (export \"_start\")))",
        "(module (memory 1) (memory 1) (func (export \"_start\")))",
        "(module (type (struct)) (func (export \"_start\")))",
        "(module (tag) (func (export \"_start\")))",
    ] {
        let error = run_unit(&wat::parse_str(text).unwrap(), 0).unwrap_err();
        assert!(matches!(error, RuntimeError::NotWasm(_)), "{text}: {error}");
    }
}

#[test]
fn a_host_that_is_kept_busy_too_long_is_told_apart() {
    use crate::runtime::limits::deadline;
    assert_eq!(deadline(10_000_000).as_secs(), 60);
    assert_eq!(deadline(5_000_000_000).as_secs(), 310);
    assert!(!RuntimeError::TooSlow { seconds: 60 }.is_deterministic());
}
