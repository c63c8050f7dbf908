//! Looks at a program before it is compiled. Fuel bounds what a program does, not what the compiler does with it: a few
//! megabytes can be made up so that compiling them takes hours or all memory. The limits are part of what a job is: a
//! program beyond them is refused on every machine alike.

use wasmparser::{FunctionBody, Operator, Parser, Payload};

use crate::runtime::RuntimeError;
use crate::runtime::limits::{FUNCTION_BYTES, FUNCTION_LOCALS, FUNCTIONS, NESTED_BLOCKS, PROGRAM_CODE_BYTES, TABLES};

/// # Errors
/// [`RuntimeError::TooComplex`], or [`RuntimeError::NotWasm`] for what cannot even be read so far.
pub fn screen(program: &[u8]) -> Result<(), RuntimeError> {
    let mut code_bytes = 0;
    for payload in Parser::new(0).parse_all(program) {
        match payload.map_err(not_wasm)? {
            Payload::TableSection(tables) => at_most("tables", tables.count().into(), TABLES as u64)?,
            Payload::CodeSectionStart { count, .. } => at_most("functions", count.into(), FUNCTIONS)?,
            Payload::CodeSectionEntry(body) => {
                let bytes = body.range().len() as u64;
                at_most("bytes in one function", bytes, FUNCTION_BYTES)?;
                code_bytes += bytes;
                at_most("bytes of code", code_bytes, PROGRAM_CODE_BYTES)?;
                function(&body)?;
            }
            // What follows the end would be another module, of a component.
            Payload::End(_) => return Ok(()),
            _ => {}
        }
    }
    Ok(())
}

/// Looks at one function's locals, and how deep its blocks lie in each other.
fn function(body: &FunctionBody) -> Result<(), RuntimeError> {
    let mut locals = 0u64;
    for group in body.get_locals_reader().map_err(not_wasm)? {
        locals += u64::from(group.map_err(not_wasm)?.0);
        at_most("locals in one function", locals, FUNCTION_LOCALS)?;
    }
    let mut depth = 0u64;
    for operator in body.get_operators_reader().map_err(not_wasm)? {
        match operator.map_err(not_wasm)? {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => depth += 1,
            // The last one ends the function itself.
            Operator::End => depth = depth.saturating_sub(1),
            _ => continue,
        }
        at_most("blocks in each other", depth, NESTED_BLOCKS)?;
    }
    Ok(())
}

/// # Errors
/// [`RuntimeError::TooComplex`].
pub fn at_most(what: &'static str, found: u64, limit: u64) -> Result<(), RuntimeError> {
    if found > limit { Err(RuntimeError::TooComplex { what, found, limit }) } else { Ok(()) }
}

pub fn not_wasm(error: wasmparser::BinaryReaderError) -> RuntimeError {
    RuntimeError::NotWasm(error.to_string())
}
