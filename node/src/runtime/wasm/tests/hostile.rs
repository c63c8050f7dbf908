//! Programs that mean harm: each is contained, and comes to the same on every machine.

use std::sync::mpsc;
use std::time::Duration;

use super::{screen::screen, *};
use crate::runtime::limits::{
    BRANCH_PAIRS, CARRIED_VALUES, FUNCTION_BYTES, FUNCTION_LOCALS, FUNCTIONS, GIVEN_VALUES, NESTED_BLOCKS,
    PROGRAM_CODE_BYTES, TABLE_EXITS, TABLE_TARGETS,
};

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

/// A number as WebAssembly has it.
fn leb(mut number: usize) -> Vec<u8> {
    let mut bytes = vec![];
    while number > 127 {
        bytes.push(number as u8 | 128);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

/// A module of functions without arguments, given by their bodies' bytes; the last is `_start`. As text they would take
/// longer to read than to run.
fn functions(bodies: &[Vec<u8>]) -> Vec<u8> {
    let section = |id: u8, content: Vec<u8>| [vec![id], leb(content.len()), content].concat();
    let counted = |items: Vec<Vec<u8>>| [leb(items.len()), items.concat()].concat();
    let export = [&[6][..], b"_start", &[0], &leb(bodies.len() - 1)].concat();
    [
        b"\0asm\x01\0\0\0".to_vec(),
        section(1, vec![1, 0x60, 0, 0]),
        section(3, counted(vec![vec![0]; bodies.len()])),
        section(7, counted(vec![export])),
        section(10, counted(bodies.iter().map(|body| [leb(body.len()), body.clone()].concat()).collect())),
    ]
    .concat()
}

/// No locals, and `nop` up to the length.
fn nops(bytes: u64) -> Vec<u8> {
    let mut body = vec![1; bytes as usize];
    (body[0], body[bytes as usize - 1]) = (0, 0x0b);
    body
}

#[test]
fn wasm_bomb() {
    let too = |what, found, limit| Err(RuntimeError::TooComplex { what, found, limit });
    assert!(run_unit(&functions(&[nops(FUNCTION_BYTES)]), 0).is_ok());
    let long = functions(&[nops(FUNCTION_BYTES + 1)]);
    assert_eq!(run_unit(&long, 0), too("bytes in one function", FUNCTION_BYTES + 1, FUNCTION_BYTES));
    let most = (PROGRAM_CODE_BYTES / FUNCTION_BYTES) as usize;
    let whole = functions(&vec![nops(FUNCTION_BYTES); most + 1]);
    assert_eq!(run_unit(&whole, 0), too("bytes of code", PROGRAM_CODE_BYTES + FUNCTION_BYTES, PROGRAM_CODE_BYTES));
    let many = functions(&vec![nops(2); FUNCTIONS as usize + 1]);
    assert_eq!(run_unit(&many, 0), too("functions", FUNCTIONS + 1, FUNCTIONS));
    // Two groups of locals, neither too large by itself: i32, then i64.
    let locals = |more: u64| {
        let groups = [(FUNCTION_LOCALS / 2, 0x7f), (FUNCTION_LOCALS / 2 + more, 0x7e)];
        let groups = groups.map(|(count, kind)| [leb(count as usize), vec![kind]].concat()).concat();
        functions(&[[vec![2], groups, vec![0x0b]].concat()])
    };
    assert!(run_unit(&locals(0), 0).is_ok());
    assert_eq!(run_unit(&locals(1), 0), too("locals in one function", FUNCTION_LOCALS + 1, FUNCTION_LOCALS));
    let tables = format!("(module {} (func (export \"_start\")))", "(table 1 funcref)".repeat(9));
    assert_eq!(Err(refused(&tables)), too("tables", 9, 8));
    // Data that is written outside of the memory, and memory for data that is never there.
    let data = refused("(module (memory 1) (data (i32.const 65535) \"ab\") (func (export \"_start\")))");
    assert!(matches!(&data, RuntimeError::Trapped { cause, .. } if cause.contains("out of bounds")), "{data}");
    let memory = refused("(module (memory 65536) (data (i32.const -1) \"a\") (func (export \"_start\")))");
    assert_eq!(memory, RuntimeError::OutOfMemory { asked_mib: 4096, limit_mib: 4 });
}

#[test]
fn blocks_in_each_other_are_counted() {
    let blocks = |deep: usize| functions(&[[vec![0], [2, 0x40].repeat(deep), vec![0x0b; deep + 1]].concat()]);
    let most = NESTED_BLOCKS as usize;
    assert!(run_unit(&blocks(most), 0).is_ok());
    let too = RuntimeError::TooComplex { what: "blocks in each other", found: NESTED_BLOCKS + 1, limit: NESTED_BLOCKS };
    assert_eq!(run_unit(&blocks(most + 1), 0), Err(too));
}

fn too(what: &'static str, found: u64, limit: u64) -> Result<(), RuntimeError> {
    Err(RuntimeError::TooComplex { what, found, limit })
}

/// `br_table` to so many blocks, and the last of them else.
fn table(targets: usize, depth: usize) -> Vec<u8> {
    [vec![0x41, 0, 0x0e], leb(targets - 1), leb(depth).repeat(targets)].concat()
}

/// Each in a block, so that the next one is reached.
fn tables(times: usize, targets: usize) -> Vec<u8> {
    [vec![0], [vec![2, 0x40], table(targets, 0), vec![0x0b]].concat().repeat(times), vec![0x0b]].concat()
}

/// What took half a minute to compile: few bytes, many edges.
#[test]
fn br_table_bomb() {
    let (each, what) = (1 << 14, "targets of `br_table`");
    let most = (TABLE_TARGETS / each) as usize;
    assert_eq!(screen(&functions(&vec![tables(most / 2, each as usize); 2])), Ok(()));
    let half = tables(most / 2, each as usize);
    let more = functions(&[half.clone(), half, tables(1, 1)]);
    assert_eq!(screen(&more), too(what, TABLE_TARGETS + 1, TABLE_TARGETS));
    let said = run_unit(&more, 0).unwrap_err().to_string();
    let told = "R12 too complex: 1048577 targets of `br_table`, at most 1048576 are compiled; split the program, or";
    assert!(said.starts_with(told), "{said}");

    // From within 4,095 blocks out of the function.
    let leaves = |last: &[usize]| {
        let last: Vec<u8> =
            last.iter().flat_map(|targets| [vec![2, 0x40], table(*targets, 4_096), vec![0x0b]].concat()).collect();
        functions(&[[vec![0], [2, 0x40].repeat(4_095), last, vec![0x0b; 4_095], vec![0x0b]].concat()])
    };
    let most = (TABLE_EXITS / 4_097) as usize;
    assert_eq!(screen(&leaves(&[most - 40_000, 40_000])), Ok(()));
    let found = (most as u64 + 1) * 4_097;
    let out = too("blocks that `br_table` leads out of", found, TABLE_EXITS);
    assert_eq!(screen(&leaves(&[most - 40_000, 40_000, 1])), out);
}

/// Each branch out of a block brings along what was changed in it.
#[test]
fn values_that_branches_carry_are_counted() {
    let what = "values carried by branches";
    // So many locals set, and branches that are taken or not; one more way is the block's end.
    let carries = |locals: usize, branches: usize| {
        let set: Vec<u8> = (0..locals).flat_map(|local| [vec![0x41, 1, 0x21], leb(local)].concat()).collect();
        let body = [vec![2, 0x40], set, [0x41, 1, 0x0d, 0].repeat(branches), vec![0x0b, 0x0b]].concat();
        functions(&[[vec![1], leb(locals), vec![0x7f], body].concat()])
    };
    let most = (CARRIED_VALUES / 4_096) as usize - 1;
    assert_eq!(screen(&carries(4_096, most)), Ok(()));
    assert_eq!(screen(&carries(4_096, most + 1)), too(what, CARRIED_VALUES + 4_096, CARRIED_VALUES));
    // What blocks in it change is changed in it too.
    let nested = |branches: usize| {
        let set = |locals: std::ops::Range<usize>| -> Vec<u8> {
            locals.flat_map(|local| [vec![0x41, 1, 0x21], leb(local)].concat()).collect()
        };
        let inner = [vec![3, 0x40], set(3_000..4_096), vec![0x0b]].concat();
        let body = [vec![2, 0x40], set(0..3_010), inner, [0x41, 1, 0x0d, 0].repeat(branches), vec![0x0b, 0x0b]];
        functions(&[[vec![1], leb(4_096), vec![0x7f], body.concat()].concat()])
    };
    assert_eq!(screen(&nested(most)), Ok(()), "nothing goes back to the loop itself");
    assert_eq!(screen(&nested(most + 1)), too(what, CARRIED_VALUES + 4_096, CARRIED_VALUES));
    // And what the block gives.
    let gives = |branches: usize| {
        let (kinds, values) = ("i32 ".repeat(1_000), "(i32.const 0)".repeat(1_000));
        let branches = "(br_if 0 (i32.const 0))".repeat(branches);
        let text = format!(
            "(module (func (export \"_start\") (block (result {kinds}) {values} {branches}) {}))",
            "drop ".repeat(1_000)
        );
        wat::parse_str(text).unwrap()
    };
    let most = (CARRIED_VALUES / 1_000) as usize - 1;
    assert_eq!(screen(&gives(most)), Ok(()));
    assert_eq!(screen(&gives(most + 1)), too(what, (most as u64 + 2) * 1_000, CARRIED_VALUES));
}

#[test]
fn branches_of_one_function_are_counted() {
    let blocks = |times: usize| [vec![0], [2, 0x40, 0x41, 0, 0x0d, 0, 0x0b].repeat(times), vec![0x0b]].concat();
    let most = BRANCH_PAIRS.isqrt() as usize / 2;
    assert_eq!(screen(&functions(&[blocks(most)])), Ok(()));
    let found = (2 * most as u64 + 1).pow(2);
    assert_eq!(screen(&functions(&[blocks(most + 1)])), too("pairs of branches in its functions", found, BRANCH_PAIRS));
    // In two functions of half its length they make half as many.
    assert_eq!(screen(&functions(&[blocks(most / 2 + 1), blocks(most / 2 + 1)])), Ok(()));
    let both = functions(&[blocks(most), blocks(1)]);
    assert_eq!(screen(&both), too("pairs of branches in its functions", BRANCH_PAIRS + 1, BRANCH_PAIRS));
}

/// Calls and blocks of three bytes that bring a thousand values.
#[test]
fn values_that_calls_and_blocks_give_are_counted() {
    let what = "values that calls and blocks take and give";
    let many = |times: usize, each: &str| {
        let kinds = "i32 ".repeat(1_000);
        let text = format!(
            "(module (type $many (func (result {kinds}))) (table 1 funcref)
             (func $f (type $many) unreachable) (func (export \"_start\") unreachable {} unreachable))",
            each.repeat(times)
        );
        wat::parse_str(text).unwrap()
    };
    let most = (GIVEN_VALUES / 1_000) as usize;
    let kinds = ["call $f ", "call_indirect (type $many) ", "return_call $f ", "(block (type $many) unreachable) "];
    for each in kinds {
        assert_eq!(screen(&many(most, each)), Ok(()), "{each}");
        let found = (most as u64 + 1) * 1_000;
        assert_eq!(screen(&many(most + 1, each)), too(what, found, GIVEN_VALUES), "{each}");
    }
}

/// Eight million values that nobody knows anything of lie below a million operators that are not reached.
#[test]
fn a_deep_stack_in_dead_code_costs_nothing() {
    let kinds = "f64 ".repeat(1_000);
    let text = format!(
        "(module (type $many (func (result {kinds}))) (func $f (type $many) unreachable)
         (func (export \"_start\") unreachable {} (block {} {} {}) unreachable))",
        "call $f ".repeat(8_000),
        "unreachable ".repeat(300_000),
        "f64.neg drop ".repeat(150_000),
        "return ".repeat(300_000),
    );
    let refused = run_unit(&wat::parse_str(text).unwrap(), 0).unwrap_err();
    assert!(matches!(&refused, RuntimeError::Trapped { cause, .. } if cause.contains("unreachable")), "{refused}");
}

#[test]
fn programs_of_the_examples_are_far_from_every_limit() {
    for example in ["orf-kmer", "logistic-regression", "quantum-circuit"] {
        let path = format!("{}/../examples/{example}/job.wasm", env!("CARGO_MANIFEST_DIR"));
        assert_eq!(screen(&std::fs::read(path).unwrap()), Ok(()), "{example}");
    }
}

/// What a function of WASI returns for these arguments, in a program with paths in its memory.
fn errno(name: &str, arguments: &str) -> u32 {
    let kinds: Vec<_> =
        arguments.split_whitespace().map(|word| if word.ends_with('L') { "i64" } else { "i32" }).collect();
    let values = arguments
        .split_whitespace()
        .zip(&kinds)
        .map(|(word, kind)| format!("({kind}.const {})", word.trim_end_matches('L')));
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

/// WASI's numbers.
const BADF: u32 = 8;
const NOTDIR: u32 = 54;
const NOTSOCK: u32 = 57;
const NOTSUP: u32 = 58;
const SPIPE: u32 = 70;

/// What might lead out, for any descriptor: a function, its arguments, and what it returns for the standard streams.
const TRICKS: &[(&str, &str, u32)] = &[
    ("fd_prestat_get", "FD 400", BADF),
    ("fd_prestat_dir_name", "FD 400 64", NOTDIR),
    ("path_open", "FD 1 100 11 0 2L 2L 0 400", BADF),
    ("path_open", "FD 1 200 22 0 2L 2L 0 400", BADF),
    ("path_open", "FD 0 200 22 9 2L 2L 0 400", BADF),
    ("path_filestat_get", "FD 1 200 22 400", BADF),
    ("path_readlink", "FD 100 11 400 64 500", BADF),
    ("path_create_directory", "FD 100 11", BADF),
    ("path_unlink_file", "FD 200 22", BADF),
    ("path_rename", "FD 100 11 FD 200 22", BADF),
    ("path_link", "FD 0 100 11 FD 200 22", BADF),
    ("path_symlink", "100 11 FD 200 22", BADF),
    ("fd_readdir", "FD 400 64 0L 500", BADF),
    ("fd_allocate", "FD 0L 4096L", BADF),
    ("fd_filestat_set_size", "FD 4096L", BADF),
    ("fd_pread", "FD 0 1 0L 500", SPIPE),
    ("fd_seek", "FD 0L 0 500", SPIPE),
    ("sock_accept", "FD 0 400", NOTSOCK),
    ("sock_recv", "FD 0 1 0 400 500", NOTSOCK),
    ("sock_send", "FD 0 1 0 400", NOTSOCK),
    ("sock_shutdown", "FD 3", NOTSOCK),
    ("fd_renumber", "FD 9", BADF),
    ("poll_oneoff", "400 500 1 600", NOTSUP),
];

#[test]
fn host_escape() {
    for (name, arguments, of_streams) in TRICKS {
        for fd in [0, 1, 2, 3, 4, 31] {
            // Output cannot be read again.
            let returned = if fd < 3 && (*name, fd > 0) != ("fd_pread", true) { *of_streams } else { BADF };
            // Waiting is refused, for whatever it is.
            let returned = if *of_streams == NOTSUP { NOTSUP } else { returned };
            assert_eq!(errno(name, &arguments.replace("FD", &fd.to_string())), returned, "{name} of {fd}");
        }
    }
    // No variables; nobody calls; time does not pass.
    let body = "(drop (call $environ_sizes_get (i32.const 64) (i32.const 68)))
        (i32.store (i32.const 72) (call $sock_accept (i32.const 3) (i32.const 0) (i32.const 200)))
        (drop (call $clock_time_get (i32.const 0) (i64.const 0) (i32.const 80)))
        (call $write (i32.const 1) (i32.const 64) (i32.const 24))";
    assert_eq!(words(body), [0, 0, BADF, 0, 0, 0]);
    // Outside of its memory there is nothing.
    assert!(matches!(run("(drop (i32.load (i32.const -4)))"), Err(RuntimeError::Trapped { .. })));
}

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
