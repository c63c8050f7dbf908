//! Shots of a quantum circuit: an Assay job.
//!
//! Called as `job UNIT UNITS --shots N --seed S` with an OpenQASM 2 or 3 program on stdin; unit `i` runs `N` shots with its
//! own random numbers, and writes how often each outcome came as one JSON document. The state vector is simulated exactly,
//! in a fixed order, with sines and square roots in pure Rust: every machine writes the same bytes.

mod parse;
mod state;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    process::ExitCode,
};

use serde::Serialize;

use crate::{
    parse::{Circuit, Op},
    state::{Random, State},
};

pub type Failure = Box<dyn std::error::Error>;

struct Args {
    unit: u64,
    shots: u64,
    seed: u64,
}

#[derive(Serialize)]
struct Report {
    qubits: usize,
    shots: u64,
    /// The classical bits, the last one first, and how often they came out so.
    counts: BTreeMap<String, u64>,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("quantum-circuit: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    let args = parse_args()?;
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let circuit = parse::parse(&text)?;
    let counts = sample(&circuit, args.shots, Random::new(args.seed, args.unit))?;
    let report = Report { qubits: circuit.qubits, shots: args.shots, counts };
    std::io::stdout().write_all(serde_json::to_string(&report)?.as_bytes())?;
    Ok(())
}

fn parse_args() -> Result<Args, Failure> {
    use lexopt::prelude::*;
    let mut parser = lexopt::Parser::from_env();
    let (mut numbers, mut shots, mut seed) = (Vec::new(), 0, 0);
    while let Some(arg) = parser.next()? {
        match arg {
            Long("shots") => shots = parser.value()?.parse()?,
            Long("seed") => seed = parser.value()?.parse()?,
            Value(number) if numbers.len() < 2 => numbers.push(number.parse::<u64>()?),
            other => return Err(other.unexpected().into()),
        }
    }
    match numbers[..] {
        [unit, units] if unit < units && shots > 0 => Ok(Args { unit, shots, seed }),
        _ => Err("usage: job UNIT UNITS --shots N --seed S, with UNIT < UNITS and N > 0".into()),
    }
}

/// Runs the shots. Where nothing follows the measurements the state is made once; else once a shot.
fn sample(circuit: &Circuit, shots: u64, mut random: Random) -> Result<BTreeMap<String, u64>, Failure> {
    let end = circuit.ops.iter().rposition(|op| !matches!(op.op, Op::Measure { .. })).map_or(0, |last| last + 1);
    let (body, measurements) = circuit.ops.split_at(end);
    let once = body.iter().all(|op| op.condition.is_none() && matches!(op.op, Op::Gate { .. }))
        && measurements.iter().all(|op| op.condition.is_none());
    let mut counts = BTreeMap::new();
    let mut ready = State::new(circuit.qubits);
    if once {
        body.iter().for_each(|step| ready.step(&step.op, &mut [], &mut random));
    }
    for _ in 0..shots {
        let mut bits = vec![false; circuit.bits];
        if once {
            let index = ready.draw(random.next());
            for step in measurements {
                if let Op::Measure { qubit, bit } = step.op {
                    bits[bit] = index >> qubit & 1 == 1;
                }
            }
        } else {
            let mut state = State::new(circuit.qubits);
            for step in &circuit.ops {
                if step.condition.as_ref().is_none_or(|condition| condition.holds(&bits)) {
                    state.step(&step.op, &mut bits, &mut random);
                }
            }
        }
        let outcome = bits.iter().rev().map(|bit| if *bit { '1' } else { '0' }).collect();
        *counts.entry(outcome).or_default() += 1;
    }
    Ok(counts)
}
