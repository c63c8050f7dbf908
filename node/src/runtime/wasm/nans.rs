//! Canonical NaNs where they can be seen.
//!
//! Which bits a NaN has that a machine computes is the machine's choice. Cranelift can make every result of floating point
//! canonical, but then each waits for the one before it to be looked at: an n-body job took eight times as long as natively,
//! and 1.1 times without. So programs are rewritten before they are compiled. A result that only goes on into further
//! floating point, by way of variables too, stays as it is, since what comes of a NaN there is a NaN again, and its bits are
//! nobody's business; one that may go anywhere else (memory, an integer, a sign, a call, out of a block) is made canonical
//! where it was computed, or behind the loop that computes it again and again in a variable. What a program can see is the same, bit by bit, as if every result had been: `tests/nans.rs`
//! compares.

mod find;
mod flow;
mod operators;

use wasm_encoder::{
    CodeSection, Function, Instruction, Module, ValType,
    reencode::{Error, Reencode},
};
use wasmparser::{CustomSectionReader, FunctionBody, Parser, WasmFeatures};

use self::{find::Seen, operators::Shape};
use crate::runtime::RuntimeError;

/// Of this rewriting: another one compiles to other code.
pub const VERSION: u32 = 2;

/// The program with canonical NaNs; `None` if none of its results has to be made so.
///
/// # Errors
/// [`RuntimeError::NotWasm`] for what is no valid module of these features; [`RuntimeError::TooComplex`] for one that would
/// grow too much.
pub fn canonical(program: &[u8], features: WasmFeatures) -> Result<Option<Vec<u8>>, RuntimeError> {
    let seen = find::seen(program, features)?;
    if seen.iter().all(|seen| seen.places.is_empty()) {
        return Ok(None);
    }
    let mut rewrite = Rewrite { seen: seen.into_iter() };
    let mut module = Module::new();
    rewrite
        .parse_core_module(&mut module, Parser::new(0), program)
        .map_err(|error| RuntimeError::NotWasm(error.to_string()))?;
    Ok(Some(module.finish()))
}

struct Rewrite {
    /// Of the functions that are still to come.
    seen: std::vec::IntoIter<Seen>,
}

impl Reencode for Rewrite {
    type Error = std::convert::Infallible;

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: FunctionBody<'_>,
    ) -> Result<(), Error<Self::Error>> {
        let seen = self.seen.next().unwrap_or_default();
        let (mut locals, mut count) = (vec![], 0);
        for group in body.get_locals_reader()? {
            let (many, kind) = group?;
            locals.push((many, self.val_type(kind)?));
            count += many;
        }
        let scratch = Scratch { first: seen.parameters + count };
        locals.extend(Scratch::TYPES.map(|kind| (1, kind)));
        let mut function = Function::new(locals);
        let mut places = seen.places.into_iter().peekable();
        for (at, operator) in body.get_operators_reader()?.into_iter().enumerate() {
            let operator = operator?;
            function.instruction(&self.instruction(operator)?);
            if let Some((_, shape)) = places.next_if(|(place, _)| *place == at) {
                scratch.canonical(&mut function, shape);
            }
        }
        code.function(&function);
        Ok(())
    }

    // They say nothing about what a program does, and need not even be well-formed.
    fn parse_custom_section(&mut self, _: &mut Module, _: CustomSectionReader<'_>) -> Result<(), Error<Self::Error>> {
        Ok(())
    }
}

/// Variables of a function's own for the value that is looked at, one of each type.
#[derive(Clone, Copy)]
struct Scratch {
    first: u32,
}

impl Scratch {
    const TYPES: [ValType; 3] = [ValType::F32, ValType::F64, ValType::V128];

    /// Puts the canonical NaN in the place of whatever NaN is on top of the stack, or in lanes of it.
    fn canonical(self, function: &mut Function, shape: Shape) {
        let scalar = |function: &mut Function, local, nan: Instruction<'_>, equal: Instruction<'_>| {
            // A branch that is never taken, rather than a value that has to be waited for.
            for instruction in [
                Instruction::LocalTee(local),
                nan,
                Instruction::LocalGet(local),
                Instruction::LocalGet(local),
                equal,
                Instruction::Select,
            ] {
                function.instruction(&instruction);
            }
        };
        let vector = |function: &mut Function, local, nan: i128, differ: Instruction<'_>| {
            for instruction in [
                Instruction::LocalSet(local),
                Instruction::V128Const(nan),
                Instruction::LocalGet(local),
                Instruction::LocalGet(local),
                Instruction::LocalGet(local),
                differ,
                Instruction::V128Bitselect,
            ] {
                function.instruction(&instruction);
            }
        };
        const F32: u32 = 0x7fc0_0000;
        const F64: u64 = 0x7ff8_0000_0000_0000;
        let nan32 = || Instruction::F32Const(wasm_encoder::Ieee32::new(F32));
        let nan64 = || Instruction::F64Const(wasm_encoder::Ieee64::new(F64));
        match shape {
            Shape::F32 => scalar(function, self.first, nan32(), Instruction::F32Eq),
            Shape::F64 => scalar(function, self.first + 1, nan64(), Instruction::F64Eq),
            Shape::F32x4 => vector(function, self.first + 2, i128::from(F32) * LANES_OF_32, Instruction::F32x4Ne),
            Shape::F64x2 => vector(function, self.first + 2, i128::from(F64) * LANES_OF_64, Instruction::F64x2Ne),
        }
    }
}

/// Times a lane, the lane everywhere.
const LANES_OF_32: i128 = 1 | 1 << 32 | 1 << 64 | 1 << 96;
const LANES_OF_64: i128 = 1 | 1 << 64;
