//! Computing on ciphertexts: a [`Circuit`] on a requester's server key and encrypted vectors. Nothing here can read them.
//!
//! **Equal ciphertexts.** Bootstrapping multiplies polynomials by floating-point Fourier transforms, whose last bits depend
//! on the order of operations. Two things are pinned, so that machines of one kind write equal bytes: the transform's
//! algorithm (the library would else measure which one is fastest) and the number of threads of a unit (one; the library
//! propagates carries in another way where there are more). A machine without AVX2 and FMA does not start this engine; the
//! transforms use AVX-512 where there is, which the library does not let us choose. Units still run beside each other.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tfhe::{
    ServerKey,
    integer::{BooleanBlock, ServerKey as Evaluator, SignedRadixCiphertext as Number},
    set_server_key, unset_server_key,
};

use super::{Bundle, Circuit, Comparison, FheError, Integers, Op, Plan, Share, keys, output, plain};

/// Stack of a thread that evaluates, in bytes: the library keeps polynomials there.
const STACK_BYTES: usize = 16 << 20;

/// What one unit may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bootstraps, as [`super::Plan::fuel`] counts them.
    pub fuel: u64,
    /// Memory, in MiB.
    pub memory_mib: u32,
    /// Ciphertexts of the result, in bytes.
    pub output_bytes: u64,
}

/// Whether this machine computes the same ciphertexts as others do.
///
/// # Errors
/// [`FheError::Machine`].
pub fn check_machine() -> Result<(), FheError> {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
        return Ok(());
    }
    Err(FheError::Machine(
        "it takes an x86-64 processor with AVX2 and FMA: others compute other ciphertexts".to_owned(),
    ))
}

/// Runs code of the library on what strangers wrote; its panics are the job's fault, and every machine has them alike.
fn guarded<T>(work: impl FnOnce() -> Result<T, FheError>) -> Result<T, FheError> {
    let wrong = || FheError::Ciphertext("the key and the ciphertexts do not fit each other".to_owned());
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(wrong()))
}

/// A checked circuit, an unpacked key, and the bundle.
pub struct Job<I> {
    circuit: Circuit,
    key: ServerKey,
    input: I,
    units: u64,
    limits: Limits,
}

impl<I: AsRef<[u8]>> Job<I> {
    /// Checks a job of so many units, and unpacks its key, which takes seconds.
    ///
    /// # Errors
    /// Any [`FheError`]; all but [`FheError::Machine`] are the job's fault.
    pub fn prepare(circuit: &[u8], input: I, units: u64, limits: Limits) -> Result<Self, FheError> {
        let circuit = Circuit::parse(circuit)?;
        let key = {
            let bundle = Bundle::parse(input.as_ref())?;
            affordable(&circuit, &bundle, &limits, 0, units)?;
            guarded(|| keys::server_key(bundle.server_key))?
        };
        Ok(Self { circuit, key, input, units, limits })
    }

    /// Computes a unit: its output and its fuel.
    ///
    /// # Errors
    /// As [`Job::prepare`].
    pub fn run(&self, unit: u64) -> Result<(Vec<u8>, u64), FheError> {
        let bundle = Bundle::parse(self.input.as_ref())?;
        let plan = affordable(&self.circuit, &bundle, &self.limits, unit, self.units)?;
        let threads = rayon::ThreadPoolBuilder::new().num_threads(1).stack_size(STACK_BYTES).build();
        let threads = threads.map_err(|error| FheError::Machine(format!("no thread for the unit: {error}")))?;
        let work = Work { circuit: &self.circuit, key: &self.key, bundle: &bundle, plan: &plan };
        let key = self.key.clone();
        let numbers = threads.install(|| {
            set_server_key(key);
            let numbers = guarded(|| work.evaluate());
            unset_server_key();
            numbers
        })?;
        let output = output(&numbers);
        if output.len() as u64 > self.limits.output_bytes {
            return Err(FheError::OutputTooLarge(self.limits.output_bytes));
        }
        Ok((output, plan.fuel))
    }
}

/// The unit's plan, if its fuel and memory suffice.
fn affordable(
    circuit: &Circuit,
    bundle: &Bundle<'_>,
    limits: &Limits,
    unit: u64,
    units: u64,
) -> Result<Plan, FheError> {
    let lengths: Vec<usize> = bundle.vectors.iter().map(Vec::len).collect();
    let plan = circuit.plan(&lengths, unit, units)?;
    if plan.fuel > limits.fuel {
        return Err(FheError::OutOfFuel { asked: plan.fuel, limit: limits.fuel });
    }
    let (asked, limit) = (plan.memory_mib(circuit.integers), limits.memory_mib.into());
    if asked > limit {
        return Err(FheError::OutOfMemory { asked, limit });
    }
    Ok(plan)
}

/// A unit.
struct Work<'a> {
    circuit: &'a Circuit,
    key: &'a ServerKey,
    bundle: &'a Bundle<'a>,
    plan: &'a Plan,
}

impl Work<'_> {
    /// The ciphertexts that the circuit's last operation comes to. The thread has the server key set.
    fn evaluate(&self) -> Result<Vec<Vec<u8>>, FheError> {
        let integers = self.circuit.integers;
        let mut values: Vec<Vec<Number>> = vec![];
        for (share, vector) in self.circuit.vectors.iter().zip(&self.bundle.vectors) {
            let part =
                if *share == Share::Slice { vector.get(self.plan.slice.clone()) } else { Some(vector.as_slice()) };
            let numbers = part.unwrap_or_default().iter().map(|number| keys::open(integers, number));
            values.push(numbers.collect::<Result<_, _>>()?);
        }
        let machine = Machine { key: self.key.as_ref(), integers, plan: self.plan };
        for op in &self.circuit.ops {
            let value = machine.run(op, &values)?;
            values.push(value);
        }
        let last = values.pop().unwrap_or_default();
        last.into_iter().map(|number| keys::close(integers, number)).collect::<Result<_, _>>()
    }
}

/// What runs operations.
struct Machine<'a> {
    key: &'a Evaluator,
    integers: Integers,
    plan: &'a Plan,
}

impl Machine<'_> {
    fn run(&self, op: &Op, values: &[Vec<Number>]) -> Result<Vec<Number>, FheError> {
        let key = self.key;
        let value = |index: &usize| values.get(*index).map(Vec::as_slice).unwrap_or_default();
        Ok(match op {
            Op::Add { a, b } => pairs(value(a), value(b), |a, b| key.add_parallelized(a, b)),
            Op::Sub { a, b } => pairs(value(a), value(b), |a, b| key.sub_parallelized(a, b)),
            Op::Mul { a, b } => pairs(value(a), value(b), |a, b| key.mul_parallelized(a, b)),
            Op::AddPlain { a, by } => self.with(value(a), by, |a, by| key.scalar_add_parallelized(a, by)),
            Op::MulPlain { a, by } => self.with(value(a), by, |a, by| key.scalar_mul_parallelized(a, by)),
            Op::DivPlain { a, by } => value(a).iter().map(|a| self.divide(a, *by)).collect(),
            Op::Sum { a } => vec![
                key.sum_ciphertexts_parallelized(value(a))
                    .ok_or_else(|| FheError::Circuit("it sums up nothing".to_owned()))?,
            ],
            Op::Compare { a, is, than } => value(a).iter().map(|a| self.compare(a, *is, *than)).collect(),
        })
    }

    fn with(&self, a: &[Number], by: &[i64], f: impl Fn(&Number, i64) -> Number) -> Vec<Number> {
        a.iter().zip(plain(by, a.len(), &self.plan.slice)).map(|(a, by)| f(a, by)).collect()
    }

    /// The library wants the divisor as wide as the number.
    fn divide(&self, a: &Number, by: i64) -> Number {
        match self.integers {
            Integers::Int16 => self.key.signed_scalar_div_parallelized(a, by as i16),
            Integers::Int32 => self.key.signed_scalar_div_parallelized(a, by as i32),
            Integers::Int64 => self.key.signed_scalar_div_parallelized(a, by),
        }
    }

    fn compare(&self, a: &Number, is: Comparison, than: i64) -> Number {
        let answer: BooleanBlock = match is {
            Comparison::Gt => self.key.scalar_gt_parallelized(a, than),
            Comparison::Ge => self.key.scalar_ge_parallelized(a, than),
            Comparison::Lt => self.key.scalar_lt_parallelized(a, than),
            Comparison::Le => self.key.scalar_le_parallelized(a, than),
            Comparison::Eq => self.key.scalar_eq_parallelized(a, than),
        };
        answer.into_radix(self.integers.bits() as usize / 2, self.key)
    }
}

fn pairs(a: &[Number], b: &[Number], f: impl Fn(&Number, &Number) -> Number) -> Vec<Number> {
    a.iter().zip(b).map(|(a, b)| f(a, b)).collect()
}
