//! Finds the results whose bits can be seen.

use std::collections::{HashMap, HashSet};

use wasmparser::{
    FuncToValidate, FuncValidatorAllocations, FunctionBody, Operator, Parser, ValType, ValidPayload, Validator,
    ValidatorResources, WasmFeatures,
};

use super::operators::{Shape, asks, computed};
use crate::runtime::{
    RuntimeError,
    limits::FLOAT_RESULTS,
    wasm::screen::{at_most, not_wasm},
};

/// Results of a function that are to be made canonical.
#[derive(Debug, Default)]
pub struct Seen {
    /// How many parameters the function has.
    pub parameters: u32,
    /// Which of its operators computed them, from 0, in order.
    pub operators: Vec<usize>,
}

/// Of each function that the program defines, in their order. Takes time in proportion to the program.
///
/// # Errors
/// [`RuntimeError::NotWasm`] for what is no valid module of these features; [`RuntimeError::TooComplex`] for one that would
/// grow too much.
pub fn seen(program: &[u8], features: WasmFeatures) -> Result<Vec<Seen>, RuntimeError> {
    let (mut validator, mut memory) = (Validator::new_with_features(features), FuncValidatorAllocations::default());
    let (mut all, mut found) = (vec![], 0);
    for payload in Parser::new(0).parse_all(program) {
        let payload = payload.map_err(not_wasm)?;
        if let ValidPayload::Func(function, body) = validator.payload(&payload).map_err(not_wasm)? {
            let (seen, again) = in_function(function, &body, memory).map_err(not_wasm)?;
            memory = again;
            found += seen.operators.len() as u64;
            at_most("results of floating point", found, FLOAT_RESULTS)?;
            all.push(seen);
        }
    }
    Ok(all)
}

/// Where a number came from whose bits nobody has seen yet.
#[derive(Clone, Copy)]
enum From {
    /// An operator computed it.
    Operator(usize),
    /// It was in this variable: some operator that its content came from computed it, or none.
    Local(u32),
}

/// What is known of a value on the stack: where it came from, if it may be a NaN with bits of the machine's choice.
type Entry = Option<(From, Shape)>;

/// What was found in a function so far.
#[derive(Default)]
struct Found {
    operators: Vec<usize>,
    locals: HashSet<u32>,
    /// What went into each variable.
    into: HashMap<u32, Vec<From>>,
}

impl Found {
    /// Bits of these are seen.
    fn look(&mut self, entries: &[Entry]) {
        for (from, _) in entries.iter().flatten() {
            match from {
                From::Operator(operator) => self.operators.push(*operator),
                From::Local(local) => drop(self.locals.insert(*local)),
            }
        }
    }

    /// Of all that went into a variable the bits are seen if those of anything that came out of it are: the operators, in
    /// order.
    fn finish(mut self) -> Vec<usize> {
        let mut open: Vec<_> = self.locals.iter().copied().collect();
        while let Some(local) = open.pop() {
            for from in self.into.remove(&local).unwrap_or_default() {
                match from {
                    From::Operator(operator) => self.operators.push(operator),
                    From::Local(other) if self.locals.insert(other) => open.push(other),
                    From::Local(_) => {}
                }
            }
        }
        self.operators.sort_unstable();
        self.operators.dedup();
        self.operators
    }
}

/// A variable that holds nothing but numbers of one shape. Vectors are bits, whatever they were.
fn shape_of(kind: Option<ValType>) -> Option<Shape> {
    match kind? {
        ValType::F32 => Some(Shape::F32),
        ValType::F64 => Some(Shape::F64),
        _ => None,
    }
}

fn in_function(
    function: FuncToValidate<ValidatorResources>,
    body: &FunctionBody<'_>,
    memory: FuncValidatorAllocations,
) -> wasmparser::Result<(Seen, FuncValidatorAllocations)> {
    let mut validator = function.into_validator(memory);
    let parameters = validator.len_locals();
    validator.read_locals(&mut body.get_binary_reader())?;
    let (mut stack, mut found) = (Vec::<Entry>::new(), Found::default());
    for (at, operator) in body.get_operators_reader()?.into_iter_with_offsets().enumerate() {
        let (operator, offset) = operator?;
        // Before it is validated, as that may take what it is about: the frame that ends.
        let arity = operator.operator_arity(&validator.visitor(offset));
        validator.op(offset, &operator)?;
        let shape = |local: u32| shape_of(validator.get_local_type(local));
        step(&mut stack, &mut found, (at, &operator), arity, shape);
        // Where code is not reached, the stack is what the validator makes of it.
        let height = validator.operand_stack_height() as usize;
        if stack.len() != height {
            found.look(&std::mem::take(&mut stack));
            stack.resize(height, None);
        }
    }
    // Whether it ends as a function must is for the compiler to see.
    Ok((Seen { parameters, operators: found.finish() }, validator.into_allocations()))
}

/// What an operator does to the values on the stack.
fn step(
    stack: &mut Vec<Entry>,
    found: &mut Found,
    (at, operator): (usize, &Operator<'_>),
    arity: Option<(u32, u32)>,
    shape: impl Fn(u32) -> Option<Shape>,
) {
    let take = |stack: &mut Vec<Entry>, many: usize| stack.split_off(stack.len().saturating_sub(many));
    let numbers = match computed(operator) {
        Some(computed) => Some((computed.operands, computed.of, Some((From::Operator(at), computed.result)))),
        None => asks(operator).map(|(operands, of)| (operands, of, None)),
    };
    match (operator, numbers, arity) {
        (_, Some((operands, of, result)), _) => {
            let mut bits = take(stack, operands);
            bits.retain(|entry| entry.is_some_and(|(_, shape)| shape != of));
            found.look(&bits);
            stack.push(result);
        }
        (Operator::Drop, ..) => drop(stack.pop()),
        (Operator::LocalGet { local_index: local }, ..) => {
            stack.push(shape(*local).map(|shape| (From::Local(*local), shape)));
        }
        (Operator::LocalSet { local_index: local } | Operator::LocalTee { local_index: local }, ..)
            if shape(*local).is_some() =>
        {
            let value = stack.pop().flatten();
            found.into.entry(*local).or_default().extend(value.map(|(from, _)| from));
            if matches!(operator, Operator::LocalTee { .. }) {
                stack.push(value);
            }
        }
        (_, None, Some((takes, gives))) if !is_control(operator) => {
            found.look(&take(stack, takes as usize));
            stack.extend((0..gives).map(|_| None));
        }
        // Values may go from here to elsewhere: after it, nothing is known of any.
        _ => found.look(&std::mem::take(stack)),
    }
}

fn is_control(operator: &Operator<'_>) -> bool {
    use Operator as O;
    matches!(
        operator,
        O::Unreachable
            | O::Block { .. }
            | O::Loop { .. }
            | O::If { .. }
            | O::Else
            | O::End
            | O::Br { .. }
            | O::BrIf { .. }
            | O::BrTable { .. }
            | O::Return
            | O::ReturnCall { .. }
            | O::ReturnCallIndirect { .. }
    )
}
