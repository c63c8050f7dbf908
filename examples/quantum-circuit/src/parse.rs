//! OpenQASM 2 and 3, as far as circuits need it: registers, the standard gates, `gate` definitions, `ctrl @` and `inv @`,
//! measurements, `reset`, `barrier`, and one gate or measurement under an `if`. Loops, subroutines and timing are refused.

mod words;

use std::collections::HashMap;

use crate::{
    Failure,
    state::{Complex, Matrix, u},
};
use words::Words;

/// Most qubits: 2^20 amplitudes are 16 MiB.
const MOST_QUBITS: usize = 20;
/// Most steps that gate definitions may unfold to.
const MOST_STEPS: usize = 1_000_000;

pub enum Op {
    Gate { matrix: Matrix, controls: Vec<usize>, target: usize },
    Measure { qubit: usize, bit: usize },
    Reset { qubit: usize },
}

/// Bits, the lowest first, and the number that they must make.
#[derive(Clone)]
pub struct Condition {
    bits: Vec<usize>,
    value: u64,
}

impl Condition {
    pub fn holds(&self, bits: &[bool]) -> bool {
        self.bits.iter().rev().fold(0, |number, bit| number << 1 | u64::from(bits[*bit])) == self.value
    }
}

pub struct Step {
    pub op: Op,
    pub condition: Option<Condition>,
}

pub struct Circuit {
    pub qubits: usize,
    pub bits: usize,
    pub ops: Vec<Step>,
}

/// A gate of the program's own: its text is read again each time it is used.
struct Definition {
    parameters: Vec<String>,
    qubits: Vec<String>,
    body: Vec<String>,
}

type Register = HashMap<String, Vec<usize>>;

#[derive(Default)]
struct Reader {
    qubits: Register,
    bits: Register,
    qubit_count: usize,
    bit_count: usize,
    gates: HashMap<String, Definition>,
    ops: Vec<Step>,
    condition: Option<Condition>,
}

pub fn parse(text: &str) -> Result<Circuit, Failure> {
    let (mut reader, mut words) = (Reader::default(), Words::new(text)?);
    while !words.is_empty() {
        reader.statement(&mut words)?;
    }
    if reader.qubit_count == 0 || reader.bit_count == 0 {
        return Err("the program has no qubits, or no bits to measure into".into());
    }
    Ok(Circuit { qubits: reader.qubit_count, bits: reader.bit_count, ops: reader.ops })
}

impl Reader {
    fn statement(&mut self, words: &mut Words) -> Result<(), Failure> {
        let first = words.next()?;
        match first.as_str() {
            "OPENQASM" | "include" | "barrier" => words.skip_to(";"),
            "qreg" | "creg" => {
                let name = words.next()?;
                let size = words.index()?;
                self.declare(first == "qreg", name, size)?;
                words.expect(";")
            }
            "qubit" | "bit" => {
                let size = if words.peek() == "[" { words.index()? } else { 1 };
                let name = words.next()?;
                self.declare(first == "qubit", name.clone(), size)?;
                if words.take("=") {
                    words.expect("measure")?;
                    return self.measure(words, &self.bits[&name].clone());
                }
                words.expect(";")
            }
            "gate" => self.define(words),
            "if" => self.conditional(words),
            "measure" => {
                let qubits = places(words, &self.qubits)?;
                words.expect("->")?;
                let bits = places(words, &self.bits)?;
                words.expect(";")?;
                self.measured(&qubits, &bits)
            }
            "reset" => {
                places(words, &self.qubits)?.into_iter().try_for_each(|qubit| self.push(Op::Reset { qubit }))?;
                words.expect(";")
            }
            name if self.bits.contains_key(name) => {
                words.back();
                let bits = places(words, &self.bits)?;
                words.expect("=")?;
                words.expect("measure")?;
                self.measure(words, &bits)
            }
            _ => {
                words.back();
                let qubits = self.qubits.clone();
                self.gate(words, &HashMap::new(), &qubits, 0)
            }
        }
    }

    fn declare(&mut self, quantum: bool, name: String, size: usize) -> Result<(), Failure> {
        if self.qubits.contains_key(&name) || self.bits.contains_key(&name) {
            return Err(format!("{name} is declared twice").into());
        }
        let (count, registers, most) = if quantum {
            (&mut self.qubit_count, &mut self.qubits, MOST_QUBITS)
        } else {
            (&mut self.bit_count, &mut self.bits, 64)
        };
        if size == 0 || size > most - *count {
            return Err(format!("{name}: at most {most} of them, and at least one").into());
        }
        registers.insert(name, (*count..*count + size).collect());
        *count += size;
        Ok(())
    }

    fn define(&mut self, words: &mut Words) -> Result<(), Failure> {
        let name = words.next()?;
        let parameters = if words.take("(") { words.names(")")? } else { vec![] };
        let qubits = words.names("{")?;
        let body = words.until("}")?;
        self.gates.insert(name, Definition { parameters, qubits, body });
        Ok(())
    }

    /// `if (c == 1) x q;`, `if (c[0]) { x q; }`: what is in braces is any number of statements.
    fn conditional(&mut self, words: &mut Words) -> Result<(), Failure> {
        words.expect("(")?;
        let bits = places(words, &self.bits)?;
        let value = if words.take("==") { words.next()?.parse()? } else { 1 };
        words.expect(")")?;
        if self.condition.replace(Condition { bits, value }).is_some() {
            return Err("an `if` inside an `if` is not supported".into());
        }
        if words.take("{") {
            while !words.take("}") {
                self.statement(words)?;
            }
        } else {
            self.statement(words)?;
        }
        self.condition = None;
        Ok(())
    }

    fn measure(&mut self, words: &mut Words, bits: &[usize]) -> Result<(), Failure> {
        let qubits = places(words, &self.qubits)?;
        words.expect(";")?;
        self.measured(&qubits, bits)
    }

    fn measured(&mut self, qubits: &[usize], bits: &[usize]) -> Result<(), Failure> {
        if qubits.len() != bits.len() {
            return Err(format!("{} qubits are measured into {} bits", qubits.len(), bits.len()).into());
        }
        qubits.iter().zip(bits).try_for_each(|(&qubit, &bit)| self.push(Op::Measure { qubit, bit }))
    }

    /// One use of a gate; on whole registers, one for each of their qubits.
    fn gate(
        &mut self,
        words: &mut Words,
        values: &HashMap<String, f64>,
        names: &Register,
        depth: usize,
    ) -> Result<(), Failure> {
        let (mut controls, mut inverse) = (0, false);
        while words.is_modifier() {
            match words.next()?.as_str() {
                "ctrl" if words.peek() == "(" => {
                    words.expect("(")?;
                    controls += words.next()?.parse::<usize>()?;
                    words.expect(")")?;
                }
                "ctrl" => controls += 1,
                _ => inverse = !inverse,
            }
            words.expect("@")?;
        }
        let name = words.next()?;
        let parameters = if words.take("(") { words.expressions(values)? } else { vec![] };
        let mut operands = vec![places(words, names)?];
        while words.take(",") {
            operands.push(places(words, names)?);
        }
        words.expect(";")?;
        let width = operands.iter().map(Vec::len).max().unwrap_or(1);
        if operands.iter().any(|operand| ![1, width].contains(&operand.len())) {
            return Err(format!("{name}: registers of different sizes").into());
        }
        for at in 0..width {
            let qubits: Vec<usize> = operands.iter().map(|operand| operand[at % operand.len()]).collect();
            self.once(&name, &parameters, &qubits, controls, inverse, depth)?;
        }
        Ok(())
    }

    fn once(
        &mut self,
        name: &str,
        parameters: &[f64],
        qubits: &[usize],
        controls: usize,
        inverse: bool,
        depth: usize,
    ) -> Result<(), Failure> {
        let distinct = qubits.iter().enumerate().all(|(at, qubit)| !qubits[..at].contains(qubit));
        if controls >= qubits.len() || !distinct || depth > 64 {
            return Err(format!("{name}: too few qubits, one of them twice, or a gate that uses itself").into());
        }
        let (outer, inner) = qubits.split_at(controls);
        let start = self.ops.len();
        if let Some(definition) = self.gates.get(name) {
            if (definition.parameters.len(), definition.qubits.len()) != (parameters.len(), inner.len()) {
                return Err(format!("{name}: another number of parameters or qubits than in its definition").into());
            }
            let values = definition.parameters.iter().cloned().zip(parameters.iter().copied()).collect();
            let names = definition.qubits.iter().cloned().zip(inner.iter().map(|qubit| vec![*qubit])).collect();
            let mut body = Words::of(definition.body.clone());
            while !body.is_empty() {
                self.gate(&mut body, &values, &names, depth + 1)?;
            }
        } else {
            self.standard(name, parameters, inner)?;
        }
        let steps = &mut self.ops[start..];
        for step in steps.iter_mut() {
            if let Op::Gate { matrix, controls, .. } = &mut step.op {
                controls.extend_from_slice(outer);
                if inverse {
                    *matrix = adjoint(matrix);
                }
            }
        }
        if inverse {
            steps.reverse();
        }
        Ok(())
    }

    /// The gates of qelib1.inc and stdgates.inc.
    fn standard(&mut self, name: &str, parameters: &[f64], qubits: &[usize]) -> Result<(), Failure> {
        if name == "swap" && qubits.len() == 2 {
            return [[0, 1], [1, 0], [0, 1]]
                .iter()
                .try_for_each(|pair| self.standard("cx", &[], &[qubits[pair[0]], qubits[pair[1]]]));
        }
        if name == "cswap" && qubits.len() == 3 {
            return [[1, 2], [2, 1], [1, 2]]
                .iter()
                .try_for_each(|pair| self.standard("ccx", &[], &[qubits[0], qubits[pair[0]], qubits[pair[1]]]));
        }
        let (base, controls) = match name {
            "CX" => ("x", 1),
            "cnot" => ("x", 1),
            "ccx" => ("x", 2),
            "cx" | "cy" | "cz" | "ch" | "cp" | "crx" | "cry" | "crz" | "cphase" | "cu1" | "cu3" => (&name[1..], 1),
            _ => (name, 0),
        };
        let matrix = matrix(base, parameters).ok_or_else(|| {
            format!("there is no gate {name} with {} parameters; define it with `gate`", parameters.len())
        })?;
        if qubits.len() != controls + 1 {
            return Err(format!("{name} acts on {} qubits, not {}", controls + 1, qubits.len()).into());
        }
        self.push(Op::Gate { matrix, controls: qubits[..controls].to_vec(), target: qubits[controls] })
    }

    fn push(&mut self, op: Op) -> Result<(), Failure> {
        if self.ops.len() >= MOST_STEPS {
            return Err(format!("the circuit has more than {MOST_STEPS} steps").into());
        }
        self.ops.push(Step { op, condition: self.condition.clone() });
        Ok(())
    }
}

/// A register, or one place in it.
fn places(words: &mut Words, registers: &Register) -> Result<Vec<usize>, Failure> {
    let name = words.next()?;
    let register = registers.get(&name).ok_or_else(|| format!("{name} is not declared, or not of this kind"))?;
    if words.peek() != "[" {
        return Ok(register.clone());
    }
    let at = words.index()?;
    Ok(vec![*register.get(at).ok_or_else(|| format!("{name} has no place {at}"))?])
}

fn adjoint(matrix: &Matrix) -> Matrix {
    let turned = |entry: Complex| Complex { re: entry.re, im: -entry.im };
    [[turned(matrix[0][0]), turned(matrix[1][0])], [turned(matrix[0][1]), turned(matrix[1][1])]]
}

/// A gate of one qubit, with the phase that it has under a control.
fn matrix(name: &str, parameters: &[f64]) -> Option<Matrix> {
    use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI};
    let phase = |angle| u(0.0, 0.0, angle);
    let z_turned =
        |angle: f64| [[Complex::turned(-angle / 2.0), Complex::ZERO], [Complex::ZERO, Complex::turned(angle / 2.0)]];
    Some(match (name, parameters) {
        ("id", []) => phase(0.0),
        ("x", []) => u(PI, 0.0, PI),
        ("y", []) => u(PI, FRAC_PI_2, FRAC_PI_2),
        ("z", []) => phase(PI),
        ("h", []) => u(FRAC_PI_2, 0.0, PI),
        ("s", []) => phase(FRAC_PI_2),
        ("sdg", []) => phase(-FRAC_PI_2),
        ("t", []) => phase(FRAC_PI_4),
        ("tdg", []) => phase(-FRAC_PI_4),
        ("sx", []) => {
            u(FRAC_PI_2, -FRAC_PI_2, FRAC_PI_2).map(|row| row.map(|entry| entry.times(Complex::turned(FRAC_PI_4))))
        }
        ("rx", [angle]) => u(*angle, -FRAC_PI_2, FRAC_PI_2),
        ("ry", [angle]) => u(*angle, 0.0, 0.0),
        ("rz", [angle]) => z_turned(*angle),
        ("p" | "phase" | "u1", [angle]) => phase(*angle),
        ("u2", [phi, lambda]) => u(FRAC_PI_2, *phi, *lambda),
        ("u" | "U" | "u3", [theta, phi, lambda]) => u(*theta, *phi, *lambda),
        _ => return None,
    })
}
