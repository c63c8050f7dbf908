//! Looks at a program before it is compiled. Fuel bounds what a program does, not what the compiler does with it: a few
//! megabytes can be made up so that compiling them takes hours or all memory. The limits are part of what a job is: a
//! program beyond them is refused on every machine alike.

use std::collections::HashSet;

use wasmparser::{BlockType, CompositeInnerType, FunctionBody, Operator, Parser, Payload, TypeRef, TypeSectionReader};

use crate::runtime::RuntimeError;
use crate::runtime::limits::{
    BRANCH_PAIRS, CARRIED_VALUES, FUNCTION_BYTES, FUNCTION_LOCALS, FUNCTIONS, GIVEN_VALUES, NESTED_BLOCKS,
    PROGRAM_CODE_BYTES, TABLE_EXITS, TABLE_TARGETS, TABLES,
};

/// # Errors
/// [`RuntimeError::TooComplex`], or [`RuntimeError::NotWasm`] for what cannot even be read so far.
pub fn screen(program: &[u8]) -> Result<(), RuntimeError> {
    let mut screen = Screen::default();
    for payload in Parser::new(0).parse_all(program) {
        match payload.map_err(not_wasm)? {
            Payload::TypeSection(types) => screen.types = arities(types)?,
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    if let TypeRef::Func(index) | TypeRef::FuncExact(index) = import.map_err(not_wasm)?.ty {
                        screen.functions.push(index);
                    }
                }
            }
            Payload::FunctionSection(functions) => {
                at_most("functions", functions.count().into(), FUNCTIONS)?;
                for index in functions {
                    screen.functions.push(index.map_err(not_wasm)?);
                }
            }
            Payload::TableSection(tables) => at_most("tables", tables.count().into(), TABLES as u64)?,
            Payload::CodeSectionEntry(body) => screen.function(&body)?,
            // What follows the end would be another module, of a component.
            Payload::End(_) => return Ok(()),
            _ => {}
        }
    }
    Ok(())
}

/// How many values each type of function takes and gives.
fn arities(types: TypeSectionReader<'_>) -> Result<Vec<(u64, u64)>, RuntimeError> {
    let mut all = vec![];
    for group in types {
        for kind in group.map_err(not_wasm)?.into_types() {
            all.push(match kind.composite_type.inner {
                CompositeInnerType::Func(of) => (of.params().len() as u64, of.results().len() as u64),
                _ => (0, 0),
            });
        }
    }
    Ok(all)
}

/// What was found so far.
#[derive(Default)]
struct Screen {
    types: Vec<(u64, u64)>,
    /// The type of each.
    functions: Vec<u32>,
    code_bytes: u64,
    targets: u64,
    exits: u64,
    carried: u64,
    pairs: u64,
    given: u64,
}

/// A block that is open.
#[derive(Default)]
struct Open {
    /// Values that a branch to it brings.
    brings: u64,
    /// Branches to it. One more way comes there without one.
    edges: u64,
    /// Locals that are changed in it.
    changed: HashSet<u32>,
}

impl Screen {
    /// Looks at one function: its length, its locals, how deep its blocks lie in each other, and what its branches carry.
    fn function(&mut self, body: &FunctionBody) -> Result<(), RuntimeError> {
        let bytes = body.range().len() as u64;
        at_most("bytes in one function", bytes, FUNCTION_BYTES)?;
        self.code_bytes += bytes;
        at_most("bytes of code", self.code_bytes, PROGRAM_CODE_BYTES)?;
        let mut locals = 0u64;
        for group in body.get_locals_reader().map_err(not_wasm)? {
            locals += u64::from(group.map_err(not_wasm)?.0);
            at_most("locals in one function", locals, FUNCTION_LOCALS)?;
        }
        // What leaves the function goes to no block of it.
        let (mut open, mut branches, before) = (vec![Open::default()], 0u64, self.pairs);
        for operator in body.get_operators_reader().map_err(not_wasm)? {
            let operator = operator.map_err(not_wasm)?;
            branches += u64::from(is_branch(&operator));
            self.pairs = before.saturating_add(branches * branches);
            at_most("pairs of branches in its functions", self.pairs, BRANCH_PAIRS)?;
            self.operator(&operator, &mut open)?;
            at_most("blocks in each other", (open.len() as u64).saturating_sub(1), NESTED_BLOCKS)?;
        }
        Ok(())
    }

    fn operator(&mut self, operator: &Operator<'_>, open: &mut Vec<Open>) -> Result<(), RuntimeError> {
        let (takes, gives) = self.values(operator);
        self.given = self.given.saturating_add(takes + gives);
        at_most("values that calls and blocks take and give", self.given, GIVEN_VALUES)?;
        match operator {
            Operator::Block { blockty } | Operator::If { blockty } => {
                open.push(Open { brings: self.arity(*blockty).1, ..Open::default() });
            }
            Operator::Loop { blockty } => {
                open.push(Open { brings: self.arity(*blockty).0, ..Open::default() });
            }
            Operator::Else => came(open, 0),
            Operator::Br { relative_depth } | Operator::BrIf { relative_depth } => came(open, *relative_depth),
            Operator::BrTable { targets } => {
                self.targets += u64::from(targets.len()) + 1;
                at_most("targets of `br_table`", self.targets, TABLE_TARGETS)?;
                for target in targets.targets() {
                    self.exit(target.map_err(not_wasm)?, open)?;
                }
                self.exit(targets.default(), open)?;
            }
            Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                open.last_mut().map(|block| block.changed.insert(*local_index));
            }
            Operator::End => return self.end(open),
            _ => {}
        }
        Ok(())
    }

    /// A target of a `br_table`.
    fn exit(&mut self, depth: u32, open: &mut [Open]) -> Result<(), RuntimeError> {
        self.exits = self.exits.saturating_add(u64::from(depth) + 1);
        came(open, depth);
        at_most("blocks that `br_table` leads out of", self.exits, TABLE_EXITS)
    }

    /// Counts what a block's branches carry; what is changed in it is changed in the one around it.
    fn end(&mut self, open: &mut Vec<Open>) -> Result<(), RuntimeError> {
        let Some(mut block) = open.pop() else { return Ok(()) };
        // Where only one way leads there is nothing to choose between.
        if block.edges > 0 {
            let each = block.brings + block.changed.len() as u64;
            self.carried = self.carried.saturating_add((block.edges + 1).saturating_mul(each));
            at_most("values carried by branches", self.carried, CARRIED_VALUES)?;
        }
        if let Some(around) = open.last_mut() {
            // The fewer to the more.
            if around.changed.len() < block.changed.len() {
                std::mem::swap(&mut around.changed, &mut block.changed);
            }
            around.changed.extend(block.changed);
        }
        Ok(())
    }

    /// How many values a call or a block takes and gives.
    fn values(&self, operator: &Operator<'_>) -> (u64, u64) {
        use Operator as O;
        let of = |index: u32| self.types.get(index as usize).copied().unwrap_or_default();
        match operator {
            O::Call { function_index } | O::ReturnCall { function_index } => {
                self.functions.get(*function_index as usize).map(|index| of(*index)).unwrap_or_default()
            }
            O::CallIndirect { type_index, .. } | O::ReturnCallIndirect { type_index, .. } => of(*type_index),
            O::Block { blockty } | O::Loop { blockty } | O::If { blockty } => self.arity(*blockty),
            _ => (0, 0),
        }
    }

    fn arity(&self, kind: BlockType) -> (u64, u64) {
        match kind {
            BlockType::Empty => (0, 0),
            BlockType::Type(_) => (0, 1),
            BlockType::FuncType(index) => self.types.get(index as usize).copied().unwrap_or_default(),
        }
    }
}

/// What makes the compiler begin a block of its own.
fn is_branch(operator: &Operator<'_>) -> bool {
    use Operator::{Block, Br, BrIf, BrTable, Else, If, Loop};
    matches!(operator, Block { .. } | Loop { .. } | If { .. } | Else | Br { .. } | BrIf { .. } | BrTable { .. })
}

/// A branch to the block so many around this one.
fn came(open: &mut [Open], depth: u32) {
    let at = open.len().checked_sub(depth as usize + 1);
    if let Some(block) = at.and_then(|at| open.get_mut(at)) {
        block.edges += 1;
    }
}

/// # Errors
/// [`RuntimeError::TooComplex`].
pub fn at_most(what: &'static str, found: u64, limit: u64) -> Result<(), RuntimeError> {
    if found > limit { Err(RuntimeError::TooComplex { what, found, limit }) } else { Ok(()) }
}

pub fn not_wasm(error: wasmparser::BinaryReaderError) -> RuntimeError {
    RuntimeError::NotWasm(error.to_string())
}
