//! Programs that mean harm: each is contained, and comes to the same on every machine.

use std::sync::mpsc;
use std::time::Duration;

use super::*;
use crate::runtime::limits::{FUNCTION_BYTES, FUNCTION_LOCALS, FUNCTIONS, PROGRAM_CODE_BYTES};

#[test]
fn infinite_loop() {
    assert_eq!(run("(loop $l (br $l))"), Err(RuntimeError::OutOfFuel { fuel: 10_000_000 }));
}

#[test]
fn memory_bomb() {
    let bomb = "(loop $l (drop (memory.grow (i32.const 16))) (br $l))";
    assert_eq!(run(bomb), Err(RuntimeError::OutOfMemory { asked_mib: 5, limit_mib: 4 }));
    let too_much = |pages| run(&format!("(drop (memory.grow (i32.const {pages})))"));
    assert_eq!(too_much(65_535), Err(RuntimeError::OutOfMemory { asked_mib: 4096, limit_mib: 4 }));
    assert_eq!(too_much(65_536), Err(RuntimeError::OutOfMemory { asked_mib: 4097, limit_mib: 4 }));
    assert!(too_much(63).is_ok());
    let large = wat::parse_str("(module (memory 65) (func (export \"_start\")))").unwrap();
    assert_eq!(run_unit(&large, 0), Err(RuntimeError::OutOfMemory { asked_mib: 5, limit_mib: 4 }));
    // A program's own maximum is part of the program: -1 everywhere.
    let modest = r#"(module (memory 1 2) (func (export "_start")
        (if (i32.ne (memory.grow (i32.const 2)) (i32.const -1)) (then unreachable))))"#;
    assert!(run_unit(&wat::parse_str(modest).unwrap(), 0).is_ok());
}

#[test]
fn stack_overflow() {
    let program = program("(func $f (call $f) (drop (i32.load (i32.const 0)))) (func (export \"_start\") (call $f))");
    let error = run_unit(&program, 0).unwrap_err();
    assert!(matches!(&error, RuntimeError::Trapped { cause, .. } if cause.contains("call stack exhausted")), "{error}");
}

fn refused(text: &str) -> RuntimeError {
    run_unit(&wat::parse_str(text).unwrap(), 0).unwrap_err()
}

#[test]
fn wasm_bomb() {
    let module = |functions: &str| format!("(module {functions} (func (export \"_start\")))");
    let too = |what, found, limit| RuntimeError::TooComplex { what, found, limit };
    // One byte for the locals' count, one for the end.
    let nops = |bytes: u64| format!("(func {})", "nop ".repeat(bytes as usize - 2));
    assert!(run_unit(&wat::parse_str(module(&nops(FUNCTION_BYTES))).unwrap(), 0).is_ok());
    let error = refused(&module(&nops(FUNCTION_BYTES + 1)));
    assert_eq!(error, too("bytes in one function", FUNCTION_BYTES + 1, FUNCTION_BYTES));
    // All that there may be in each of too many: the last one is not read.
    let whole = wat::parse_str(module(&nops(FUNCTION_BYTES).repeat(33))).unwrap();
    let found = PROGRAM_CODE_BYTES + FUNCTION_BYTES;
    assert_eq!(run_unit(&whole, 0), Err(too("bytes of code", found, PROGRAM_CODE_BYTES)));
    let error = refused(&module(&"(func)".repeat(FUNCTIONS as usize)));
    assert_eq!(error, too("functions", FUNCTIONS + 1, FUNCTIONS));
    let error = refused(&module(&"(table 1 funcref)".repeat(9)));
    assert_eq!(error, too("tables", 9, 8));
    // Two groups of locals, neither too large by itself.
    let half = "i32 ".repeat(FUNCTION_LOCALS as usize / 2);
    let locals = format!("(func (local {half}) (local {}) (local i32))", half.replace("i32", "i64"));
    assert_eq!(refused(&module(&locals)), too("locals in one function", FUNCTION_LOCALS + 1, FUNCTION_LOCALS));
    // Data that is written outside of the memory, and memory for data that is never there.
    let data = refused("(module (memory 1) (data (i32.const 65535) \"ab\") (func (export \"_start\")))");
    assert!(matches!(&data, RuntimeError::Trapped { cause, .. } if cause.contains("out of bounds")), "{data}");
    let memory = refused("(module (memory 65536) (data (i32.const -1) \"a\") (func (export \"_start\")))");
    assert_eq!(memory, RuntimeError::OutOfMemory { asked_mib: 4096, limit_mib: 4 });
}

#[test]
fn what_is_compiled_does_not_exhaust_the_compiler() {
    // Blocks in blocks: nothing walks them on the stack. (Two bytes to open each, one to close it.)
    let deep = 300_000;
    let blocks = format!("(func (export \"_start\") {} {})", "block ".repeat(deep), "end ".repeat(deep));
    assert!(run_unit(&wat::parse_str(format!("(module {blocks})")).unwrap(), 0).is_ok());
    // A jump to each of many blocks, each of which changes another one of many locals.
    let (targets, locals) = (5_000, 1_000);
    let mut text = format!("(module (func (export \"_start\") (local {})", "i32 ".repeat(locals));
    text.extend((0..targets).map(|_| "block "));
    text += "local.get 0 br_table ";
    text.extend((0..targets).map(|target| format!("{target} ")));
    text.extend((0..targets).map(|at| format!("end local.get {} local.set {} ", at % locals, (at + 1) % locals)));
    text += "))";
    assert!(run_unit(&wat::parse_str(text).unwrap(), 0).is_ok());
}

/// What a function of WASI returns for these arguments, in a program with paths in its memory.
fn errno(name: &str, arguments: &str) -> u32 {
    let kinds: Vec<_> = arguments.split_whitespace().map(|word| if word.ends_with('L') { "i64" } else { "i32" }).collect();
    let values = arguments.split_whitespace().zip(&kinds).map(|(word, kind)| {
        format!("({kind}.const {})", word.trim_end_matches('L'))
    });
    let (kinds, values) = (kinds.join(" "), values.collect::<String>());
    let text = format!(
        r#"(module
        (import "{PREVIEW1}" "{name}" (func $tried (param {kinds}) (result i32)))
        (import "{PREVIEW1}" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (data (i32.const 100) "/etc/passwd") (data (i32.const 200) "../../../../etc/passwd")
        (data (i32.const 0) "\10\00\00\00\04\00\00\00")
        (func (export "_start")
          (i32.store (i32.const 16) (call $tried {values}))
          (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"#
    );
    let output = run_unit(&wat::parse_str(text).unwrap(), 0).unwrap().output;
    u32::from_le_bytes(output.try_into().unwrap())
}

#[test]
fn host_escape() {
    for fd in [0, 1, 2, 3, 4, 5, 31] {
        let mut all = vec![];
        for (name, arguments) in TRICKS {
            all.push((name, errno(name, &arguments.replace("FD", &fd.to_string()))));
        }
        eprintln!("{fd}: {all:?}");
    }
    panic!();
}

/// What might lead out, for any descriptor: names and arguments.
const TRICKS: &[(&str, &str)] = &[
    ("fd_prestat_get", "FD 400"),
    ("fd_prestat_dir_name", "FD 400 64"),
    ("path_open", "FD 1 100 11 0 -1L -1L 0 400"),
    ("path_open", "FD 1 200 22 0 -1L -1L 0 400"),
    ("path_open", "FD 0 200 22 9 -1L -1L 0 400"),
    ("path_filestat_get", "FD 1 200 22 400"),
    ("path_readlink", "FD 100 11 400 64 500"),
    ("path_create_directory", "FD 100 11"),
    ("path_unlink_file", "FD 200 22"),
    ("path_rename", "FD 100 11 FD 200 22"),
    ("path_link", "FD 0 100 11 FD 200 22"),
    ("path_symlink", "100 11 FD 200 22"),
    ("fd_readdir", "FD 400 64 0L 500"),
    ("fd_allocate", "FD 0L 4096L"),
    ("fd_filestat_set_size", "FD 4096L"),
    ("fd_pread", "FD 0 1 0L 500"),
    ("fd_seek", "FD 0L 0 500"),
    ("sock_accept", "FD 0 400"),
    ("sock_recv", "FD 0 1 0 400 500"),
    ("sock_send", "FD 0 1 0 400"),
    ("sock_shutdown", "FD 3"),
    // One descriptor in another's place.
    ("fd_renumber", "FD 9"),
    ("poll_oneoff", "400 500 1 600"),
];

#[test]
fn a_running_unit_stops_when_nobody_wants_it_any_more() {
    let mut spec = spec();
    spec.limits.fuel = assay_sdk::spec::MAX_FUEL;
    // One that never calls the host, and one that always does.
    for body in ["(loop $l (br $l))", "(loop $l (drop (call $random_get (i32.const 64) (i32.const 1))) (br $l))"] {
        for runtime in [WasmRuntime::new().unwrap(), pooled()] {
            let job: Arc<dyn PreparedJob> = runtime.prepare(&spec, &start(body), Bytes::new()).unwrap().into();
            let (stop, (send, receive)) = (Stop::default(), mpsc::channel());
            let running = (job, stop.clone());
            std::thread::spawn(move || send.send(run_alone(running.0, 0, running.1)));
            // It does not end by itself; without the stop it would take an hour.
            assert!(receive.recv_timeout(Duration::from_millis(50)).is_err());
            stop.set();
            let ended = receive.recv_timeout(Duration::from_secs(120)).expect("it goes on");
            assert_eq!(ended, Err(RuntimeError::Stopped), "{body}");
        }
    }
}
