//! Rewritten programs write the same bits as programs of which every result is made canonical.

use std::fmt::Write as _;

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{RngCore, SeedableRng},
};
use wasm_encoder::{CodeSection, Function, FunctionSection, Instruction, TypeSection};
use wasmparser::{Operator, Parser, Payload};
use wasmtime::{Engine, Instance, Linker, Module, Store};

use crate::runtime::wasm::{
    Setup,
    engine::{FEATURES, config},
    nans,
};

/// Bytes of memory that programs read and write.
const SEEN: usize = 512;
const PROGRAMS: u32 = 400;
const UNARY: [&str; 5] = ["ceil", "floor", "trunc", "nearest", "sqrt"];
const BINARY: [&str; 6] = ["add", "sub", "mul", "div", "min", "max"];
const COMPARE: [&str; 6] = ["eq", "ne", "lt", "gt", "le", "ge"];

/// Makes programs up.
struct Author {
    random: ChaCha8Rng,
    text: String,
}

impl Author {
    fn below(&mut self, end: u32) -> u32 {
        self.random.next_u32() % end
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len() as u32) as usize]
    }

    fn put(&mut self, text: &str) {
        let _ = write!(self.text, "{text} ");
    }

    /// `(name operands...)`
    fn call(&mut self, name: &str, kinds: &[&str], depth: u32) {
        self.put(&format!("({name}"));
        kinds.iter().for_each(|kind| self.expression(kind, depth));
        self.put(")");
    }

    fn expression(&mut self, kind: &str, depth: u32) {
        if depth == 0 {
            return self.leaf(kind);
        }
        match kind {
            "f32" | "f64" => self.scalar(kind, depth - 1),
            "v128" => self.vector(depth - 1),
            "i32" => self.truth(depth - 1),
            _ => self.call("i64.reinterpret_f64", &["f64"], depth - 1),
        }
    }

    fn leaf(&mut self, kind: &str) {
        let at = self.below(SEEN as u32 / 16) * 16;
        let text = match (kind, self.below(6)) {
            ("i32", n) => format!("(i32.const {})", n % 2),
            ("i64", _) => format!("(i64.load (i32.const {at}))"),
            ("v128", 0) => "(local.get $v)".into(),
            ("v128", 1) => "(local.get $w)".into(),
            ("v128", 2) => "(local.get $x)".into(),
            ("v128", 3) => "(local.get $sum)".into(),
            ("v128", _) => format!("(v128.load (i32.const {at}))"),
            (_, 0) => format!("({kind}.const {})", self.of(&["0", "1.5", "-inf", "nan:0x1234", "-nan", "3e38"])),
            (_, 1) => format!("(local.get ${kind}a)"),
            (_, 2) => format!("(local.get ${kind}b)"),
            (_, 3) => format!("(global.get ${kind}g)"),
            ("f64", 4) => "(local.get $total)".into(),
            (_, _) => format!("({kind}.load (i32.const {at}))"),
        };
        self.put(&text);
    }

    fn scalar(&mut self, kind: &str, depth: u32) {
        let other = if kind == "f32" { "f64" } else { "f32" };
        match self.below(15) {
            0..=4 => {
                let name = format!("{kind}.{}", self.of(&BINARY));
                self.call(&name, &[kind, kind], depth);
            }
            5 | 6 => {
                let name = format!("{kind}.{}", self.of(&UNARY));
                self.call(&name, &[kind], depth);
            }
            7 => {
                let name = format!("{kind}.{}", self.of(&["neg", "abs"]));
                self.call(&name, &[kind], depth);
            }
            8 => self.call(&format!("{kind}.copysign"), &[kind, kind], depth),
            9 => self.call(if kind == "f32" { "f32.demote_f64" } else { "f64.promote_f32" }, &[other], depth),
            10 => self.call("select", &[kind, kind, "i32"], depth),
            11 => self.call(&format!("block (result {kind})"), &[kind], depth),
            12 => {
                // Out of a block, with a value, or on.
                self.put(&format!("(block (result {kind})"));
                self.call("br_if 0", &[kind, "i32"], depth);
                self.put(")");
            }
            13 => self.call(&format!("call ${kind}f"), &[kind, kind], depth),
            _ => {
                let (shape, lanes) = if kind == "f32" { ("f32x4", 4) } else { ("f64x2", 2) };
                let lane = self.below(lanes);
                self.call(&format!("{shape}.extract_lane {lane}"), &["v128"], depth);
            }
        }
    }

    fn truth(&mut self, depth: u32) {
        let kind = self.of(&["f32", "f64"]);
        if self.below(4) == 0 {
            return self.call(&format!("i32.trunc_sat_{kind}_s"), &[kind], depth);
        }
        let name = format!("{kind}.{}", self.of(&COMPARE));
        self.call(&name, &[kind, kind], depth);
    }

    fn vector(&mut self, depth: u32) {
        let shape = self.of(&["f32x4", "f64x2"]);
        let kind = &shape[..3];
        let name = |what: &str| format!("{shape}.{what}");
        match self.below(14) {
            0..=4 => {
                let what = self.of(&BINARY);
                self.call(&name(what), &["v128", "v128"], depth);
            }
            5 => {
                let what = self.of(&UNARY);
                self.call(&name(what), &["v128"], depth);
            }
            6 => {
                let what = self.of(&["neg", "abs"]);
                self.call(&name(what), &["v128"], depth);
            }
            7 => {
                let what = self.of(&["pmin", "pmax", "relaxed_min", "relaxed_max"]);
                self.call(&name(what), &["v128", "v128"], depth);
            }
            8 => {
                let what = self.of(&["relaxed_madd", "relaxed_nmadd"]);
                self.call(&name(what), &["v128", "v128", "v128"], depth);
            }
            9 => {
                let what = self.of(&["f32x4.demote_f64x2_zero", "f64x2.promote_low_f32x4"]);
                self.call(what, &["v128"], depth);
            }
            10 => self.call(&name("splat"), &[kind], depth),
            11 => self.call(&name("replace_lane 1"), &["v128", kind], depth),
            12 => {
                let what = self.of(&["i32x4.add", "v128.xor", "i64x2.sub"]);
                self.call(what, &["v128", "v128"], depth);
            }
            _ => {
                let what = self.of(&COMPARE);
                self.call(&name(what), &["v128", "v128"], depth);
            }
        }
    }

    fn statement(&mut self) {
        let depth = 1 + self.below(4);
        let kind = self.of(&["f32", "f64", "v128", "i64"]);
        let at = self.below(SEEN as u32 / 16) * 16;
        match (self.below(4), kind) {
            (0, "f32" | "f64") => {
                let into = self.of(&["a", "b"]);
                self.call(&format!("local.set ${kind}{into}"), &[kind], depth);
            }
            (1, "f32" | "f64") => self.call(&format!("global.set ${kind}g"), &[kind], depth),
            (2, "f32" | "f64") => {
                self.put("(drop");
                self.call(&format!("local.tee ${kind}a"), &[kind], depth);
                self.put(")");
            }
            (0 | 1, "v128") => {
                let into = self.of(&["v", "w", "x"]);
                self.call(&format!("local.set ${into}"), &["v128"], depth);
            }
            (2, "v128") => {
                self.put("(drop");
                self.call("local.tee $x", &["v128"], depth);
                self.put(")");
            }
            _ => {
                self.put(&format!("({kind}.store (i32.const {at})"));
                self.expression(kind, depth);
                self.put(")");
            }
        }
    }

    /// A statement, in a loop or a block of its own, behind a jump that leaves it out, or as it is.
    fn somewhere(&mut self) {
        match self.below(8) {
            0 => self.put("(loop"),
            1 => self.put("(block"),
            2 => self.put("(block (br 0) (f64.neg) (drop)"),
            _ => return self.statement(),
        }
        self.statement();
        self.put(")");
    }

    /// A function that runs so many statements, some of them again and again.
    fn program(&mut self) -> String {
        for _ in 0..12 {
            self.somewhere();
        }
        // Sums hold nothing but what was computed.
        let shape = self.of(&["f32x4", "f64x2"]);
        self.put("(loop $again");
        for _ in 0..6 {
            self.somewhere();
            for (local, kind, sum) in [("$sum", "v128", shape), ("$total", "f64", "f64")] {
                let depth = self.below(3);
                self.put(&format!("(local.set {local} ({sum}.add (local.get {local})"));
                self.expression(kind, depth);
                self.put("))");
            }
        }
        self.put("(local.set $n (i32.add (local.get $n) (i32.const 1)))");
        self.put("(br_if $again (i32.lt_u (local.get $n) (i32.const 3))))");
        format!(
            r#"(module (memory (export "m") 1) (global $f32g (mut f32) (f32.const 0)) (global $f64g (mut f64) (f64.const 0))
            (func $f32f (param f32 f32) (result f32) (f32.sub (local.get 1) (local.get 0)))
            (func $f64f (param f64 f64) (result f64) (f64.neg (f64.div (local.get 0) (local.get 1))))
            (func (export "run") (param $f64a f64) (param $f32a f32) (result f64)
            (local $f64b f64) (local $f32b f32) (local $v v128) (local $w v128) (local $x v128) (local $n i32)
            (local $sum v128) (local $total f64) {}
            (v128.store (i32.const 0) (local.get $sum)) (f64.store (i32.const 16) (local.get $total))
            (f64.mul (local.get $f64a) (local.get $f64b))))"#,
            self.text
        )
    }
}

/// Memory with all kinds of numbers in it.
fn numbers(random: &mut ChaCha8Rng) -> Vec<u8> {
    let kinds = [0x7ff4_0000_0000_0001u64, 0xfff8_0000_0000_0000, 0x7ff0_0000_0000_0000, 0, 0x7fa0_0001_ffc1_2345];
    let number = |_| match random.next_u32() % 8 {
        n @ 0..5 => kinds[n as usize],
        5 => u64::from(random.next_u32()) << 32 | u64::from(random.next_u32()),
        _ => (f64::from(random.next_u32()) / 1e6).to_bits(),
    };
    (0..SEEN / 8).map(number).flat_map(u64::to_le_bytes).collect()
}

/// What a program leaves behind.
fn run(engine: &Engine, program: &[u8], numbers: &[u8]) -> (Vec<u8>, u64) {
    let module = Module::new(engine, program).unwrap();
    let mut store = Store::new(engine, ());
    store.set_fuel(1_000_000).unwrap();
    let instance: Instance = Linker::new(engine).instantiate(&mut store, &module).unwrap();
    let memory = instance.get_memory(&mut store, "m").unwrap();
    memory.write(&mut store, 0, numbers).unwrap();
    let run = instance.get_typed_func::<(f64, f32), f64>(&mut store, "run").unwrap();
    let result = run.call(&mut store, (f64::from_bits(0xfff8_0000_0000_0001), -0.0)).unwrap();
    (memory.data(&store)[..SEEN].to_vec(), result.to_bits())
}

#[test]
fn what_is_seen_is_what_eager_canonicalisation_shows() {
    let lazy = Engine::new(&config(&Setup::default())).unwrap();
    let mut eager = config(&Setup::default());
    let eager = Engine::new(eager.cranelift_nan_canonicalization(true)).unwrap();
    let (mut differ, mut rewritten) = (0, 0);
    for seed in 0..PROGRAMS {
        let mut author = Author { random: ChaCha8Rng::seed_from_u64(seed.into()), text: String::new() };
        let text = author.program();
        let program = wat::parse_str(&text).unwrap();
        let ours = nans::canonical(&program, FEATURES).unwrap();
        let numbers = numbers(&mut author.random);
        let expected = run(&eager, &program, &numbers);
        rewritten += u32::from(ours.is_some());
        let found = run(&lazy, ours.as_deref().unwrap_or(&program), &numbers);
        assert!(found == expected, "seed {seed}: {text}");
        differ += u32::from(run(&lazy, &program, &numbers) != expected);
    }
    // The programs are such that it matters.
    assert!(rewritten > PROGRAMS * 9 / 10 && differ > PROGRAMS / 2, "{rewritten} rewritten, {differ} would differ");
}

/// Of each result that is made canonical in a function of two numbers and two vectors, the blocks that are around the place.
fn blocks_around(body: &str) -> Vec<u32> {
    let text = format!("(module (memory 1) (func (param f64 f64 v128 v128) (local f64 f64) {body}))");
    let program = wat::parse_str(text).unwrap();
    let Some(ours) = nans::canonical(&program, FEATURES).unwrap() else { return vec![] };
    let (mut found, mut blocks) = (vec![], 0u32);
    for payload in Parser::new(0).parse_all(&ours) {
        let Payload::CodeSectionEntry(body) = payload.unwrap() else { continue };
        for operator in body.get_operators_reader().unwrap() {
            match operator.unwrap() {
                Operator::Loop { .. } => blocks += 1,
                Operator::End => blocks = blocks.saturating_sub(1),
                // Nothing else in these has a constant of these types.
                Operator::F64Const { .. } | Operator::V128Const { .. } => found.push(blocks),
                _ => {}
            }
        }
    }
    found
}

/// How many are made canonical.
fn made(body: &str) -> usize {
    blocks_around(body).len()
}

#[test]
fn only_what_leaves_floating_point_is_made_canonical() {
    let (a, b) = ("(local.get 0)", "(local.get 1)");
    let store = |value: &str| format!("(f64.store (i32.const 0) {value})");
    assert_eq!(made(&store(a)), 0, "nothing is computed");
    assert_eq!(made(&store(&format!("(f64.mul {a} {b})"))), 1);
    assert_eq!(made(&store(&format!("(f64.sqrt (f64.add (f64.mul {a} {a}) (f64.mul {b} {b})))"))), 1, "one of four");
    assert_eq!(made(&format!("(drop (f64.lt (f64.mul {a} {b}) {a}))")), 0, "a comparison does not look at bits");
    assert_eq!(made(&store(&format!("(f64.neg (f64.mul {a} {b}))"))), 1, "a sign is a bit");
    let set = format!("(local.set 0 (f64.mul {a} {b}))");
    assert_eq!(made(&set), 0, "nobody looks at the variable");
    assert_eq!(made(&format!("{set} {}", store(&format!("(f64.add {a} {b})")))), 1, "nor here: the sum alone");
    assert_eq!(made(&format!("{set} {}", store(a))), 1, "bits of the variable are seen");
    assert_eq!(made(&format!("{set} (local.set 1 {a}) {}", store(b))), 1, "and here by way of another one");
    // Of a vector's variable it counts as what it is taken.
    let sum = "(local.set 2 (f64x2.add (local.get 2) (local.get 2)))";
    let store = |value: &str| format!("(v128.store (i32.const 0) {value})");
    assert_eq!(made(sum), 0, "as nothing but numbers of its own shape");
    assert_eq!(made(&format!("{sum} {}", store("(f64x2.sqrt (local.get 2))"))), 1, "the root alone");
    assert_eq!(made(&format!("{sum} {}", store("(f32x4.sqrt (local.get 2))"))), 2, "as numbers of another shape");
    assert_eq!(made(&format!("{sum} {}", store("(local.get 2)"))), 1, "as bits");
    assert_eq!(made(&format!("{sum} (local.set 3 (local.get 2)) {}", store("(local.get 3)"))), 1, "by way of another");
    let two = "(f32x4.add (f64x2.add (local.get 2) (local.get 2)) (local.get 2))";
    assert_eq!(made(&store(two)), 2, "a number of one shape is bits to another");
}

#[test]
fn sums_are_made_canonical_behind_their_loop() {
    // The fifth variable is no parameter: zero, to begin with.
    let sums = |more: &str| {
        format!("(loop (local.set 4 (f64.add (local.get 4) (local.get 0))) {more} (br_if 0 (i32.const 0)))")
    };
    let stored = "(f64.store (i32.const 0) (local.get 4))";
    assert_eq!(blocks_around(&format!("{} {stored}", sums(""))), [0], "once, where it is stored");
    assert_eq!(blocks_around(&sums(stored)), [1], "in the loop, if it is stored there each time");
    let by_another = format!("{} (local.set 5 (local.get 4)) (f64.store (i32.const 0) (local.get 5))", sums(""));
    assert_eq!(blocks_around(&by_another), [0], "behind it, by way of another one");
    // What was read must not be touched, even if it looks like a NaN: the variable that it shares has canonical sums.
    let read = "(local.set 4 (f64.load (i32.const 8)))";
    assert_eq!(blocks_around(&format!("{read} {} {stored}", sums(""))), [1]);
    assert_eq!(blocks_around(&format!("(local.set 4 (local.get 1)) {} {stored}", sums(""))), [1], "nor a parameter");
    let other = format!("(local.set 4 (local.get 5)) {} {stored} (local.set 5 (local.get 1))", sums(""));
    assert_eq!(blocks_around(&other), [1], "nor what is copied from where one may be");
    let nan = "(local.set 4 (f64.copysign (local.get 0) (local.get 1)))";
    assert_eq!(blocks_around(&format!("{nan} {} {stored}", sums(""))), [1], "nor what has a sign of its own");
}

#[test]
fn what_would_grow_too_much_is_refused() {
    use crate::runtime::RuntimeError;
    use crate::runtime::limits::{FLOAT_RESULTS, FUNCTION_FLOAT_RESULTS};
    const EACH: usize = FUNCTION_FLOAT_RESULTS as usize;
    let program = |functions: usize, each: usize| {
        let (mut types, mut declared, mut code) = (TypeSection::new(), FunctionSection::new(), CodeSection::new());
        types.ty().function([], []);
        for _ in 0..functions {
            declared.function(0);
            let mut body = Function::new([]);
            body.instruction(&Instruction::F64Const(0.0.into()));
            for _ in 0..each {
                body.instruction(&Instruction::F64Sqrt).instruction(&Instruction::F64Neg);
            }
            body.instruction(&Instruction::Drop).instruction(&Instruction::End);
            code.function(&body);
        }
        let mut module = wasm_encoder::Module::new();
        module.section(&types).section(&declared).section(&code);
        module.finish()
    };
    let refused = |functions, each| nans::canonical(&program(functions, each), FEATURES).unwrap_err();
    let most = FLOAT_RESULTS as usize / EACH;
    assert!(nans::canonical(&program(1, EACH), FEATURES).is_ok());
    let (what, found) = ("results of floating point in one function", FUNCTION_FLOAT_RESULTS + 1);
    assert_eq!(refused(1, EACH + 1), RuntimeError::TooComplex { what, found, limit: FUNCTION_FLOAT_RESULTS });
    let (what, found) = ("results of floating point", FLOAT_RESULTS + EACH as u64);
    assert_eq!(refused(most + 1, EACH), RuntimeError::TooComplex { what, found, limit: FLOAT_RESULTS });
}
