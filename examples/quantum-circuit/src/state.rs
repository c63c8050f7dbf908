//! The state of all qubits: one amplitude for each of their joint values, qubit 0 the lowest bit.

use crate::parse::Op;

/// A complex number.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Complex {
    pub re: f64,
    pub im: f64,
}

impl Complex {
    pub const ZERO: Self = Self { re: 0.0, im: 0.0 };
    pub const ONE: Self = Self { re: 1.0, im: 0.0 };

    /// Of length 1, at this angle.
    pub fn turned(angle: f64) -> Self {
        Self { re: libm::cos(angle), im: libm::sin(angle) }
    }

    pub fn scaled(self, by: f64) -> Self {
        Self { re: self.re * by, im: self.im * by }
    }

    fn plus(self, other: Self) -> Self {
        Self { re: self.re + other.re, im: self.im + other.im }
    }

    pub fn times(self, other: Self) -> Self {
        Self { re: self.re * other.re - self.im * other.im, im: self.re * other.im + self.im * other.re }
    }

    fn squared(self) -> f64 {
        self.re * self.re + self.im * self.im
    }
}

/// What a gate does to one qubit: rows of a unitary matrix.
pub type Matrix = [[Complex; 2]; 2];

/// OpenQASM's `U`: every gate of one qubit is one of these, up to a phase.
pub fn u(theta: f64, phi: f64, lambda: f64) -> Matrix {
    let (cos, sin) = (libm::cos(theta / 2.0), libm::sin(theta / 2.0));
    let one = Complex::ONE.scaled(cos);
    [
        [one, Complex::turned(lambda).scaled(-sin)],
        [Complex::turned(phi).scaled(sin), Complex::turned(phi + lambda).scaled(cos)],
    ]
}

/// SplitMix64: random numbers of a unit of a job.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64, unit: u64) -> Self {
        let mut random = Self(seed);
        // Streams of neighbours must not overlap.
        Self(random.word() ^ unit.wrapping_mul(0xd134_2543_de82_ef95))
    }

    fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ word >> 31
    }

    /// From 0 up to, but not with, 1.
    pub fn next(&mut self) -> f64 {
        (self.word() >> 11) as f64 / (1u64 << 53) as f64
    }
}

pub struct State(Vec<Complex>);

impl State {
    /// All qubits 0.
    pub fn new(qubits: usize) -> Self {
        let mut amplitudes = vec![Complex::ZERO; 1 << qubits];
        amplitudes[0] = Complex::ONE;
        Self(amplitudes)
    }

    pub fn step(&mut self, op: &Op, bits: &mut [bool], random: &mut Random) {
        match op {
            Op::Gate { matrix, controls, target } => self.apply(matrix, controls, *target),
            Op::Measure { qubit, bit } => bits[*bit] = self.measure(*qubit, random.next()),
            Op::Reset { qubit } => {
                if self.measure(*qubit, random.next()) {
                    self.apply(&u(std::f64::consts::PI, 0.0, std::f64::consts::PI), &[], *qubit);
                }
            }
        }
    }

    /// Applies a gate to one qubit, where all controls are 1.
    fn apply(&mut self, matrix: &Matrix, controls: &[usize], target: usize) {
        let mask = controls.iter().fold(0, |mask, qubit| mask | 1 << qubit);
        let bit = 1 << target;
        for low in 0..self.0.len() {
            if low & bit != 0 || low & mask != mask {
                continue;
            }
            let (zero, one) = (self.0[low], self.0[low | bit]);
            self.0[low] = matrix[0][0].times(zero).plus(matrix[0][1].times(one));
            self.0[low | bit] = matrix[1][0].times(zero).plus(matrix[1][1].times(one));
        }
    }

    /// Measures one qubit: the others are left as they are in the outcome's case.
    fn measure(&mut self, qubit: usize, draw: f64) -> bool {
        let is_one = |index: usize| index >> qubit & 1 == 1;
        let chance: f64 = self.0.iter().enumerate().filter(|(at, _)| is_one(*at)).map(|(_, part)| part.squared()).sum();
        let outcome = draw < chance;
        let scale = 1.0 / libm::sqrt(if outcome { chance } else { 1.0 - chance });
        for (index, amplitude) in self.0.iter_mut().enumerate() {
            *amplitude = if is_one(index) == outcome { amplitude.scaled(scale) } else { Complex::ZERO };
        }
        outcome
    }

    /// The joint value that a number from 0 to 1 falls on.
    pub fn draw(&self, draw: f64) -> usize {
        let mut sum = 0.0;
        for (index, amplitude) in self.0.iter().enumerate() {
            sum += amplitude.squared();
            if draw < sum {
                return index;
            }
        }
        // Rounding: the last one that can be at all.
        self.0.iter().rposition(|amplitude| amplitude.squared() > 0.0).unwrap_or(0)
    }
}
