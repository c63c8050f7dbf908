//! Finds the results whose bits can be seen.

use wasmparser::{
    FrameKind, FuncToValidate, FuncValidator, FuncValidatorAllocations, FunctionBody, Operator, Parser, ValType,
    ValidPayload, Validator, ValidatorResources, WasmFeatures,
};

use super::{
    flow::{As, Entry, Flow, From, Get},
    operators::{Shape, asks, computed},
};
use crate::runtime::{
    RuntimeError,
    limits::{FLOAT_RESULTS, FUNCTION_FLOAT_RESULTS},
    wasm::screen::{at_most, not_wasm},
};

/// Results of a function that are to be made canonical.
#[derive(Debug, Default)]
pub struct Seen {
    /// How many parameters the function has.
    pub parameters: u32,
    /// After which of its operators, from 0, in order, and what of the value is a number.
    pub places: Vec<(usize, Shape)>,
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
            let places = seen.places.len() as u64;
            at_most("results of floating point in one function", places, FUNCTION_FLOAT_RESULTS)?;
            found += places;
            at_most("results of floating point", found, FLOAT_RESULTS)?;
            all.push(seen);
        }
    }
    Ok(all)
}

/// Whether a variable may hold floating point.
fn is_number(kind: Option<ValType>) -> bool {
    matches!(kind, Some(ValType::F32 | ValType::F64 | ValType::V128))
}

fn in_function(
    function: FuncToValidate<ValidatorResources>,
    body: &FunctionBody<'_>,
    memory: FuncValidatorAllocations,
) -> wasmparser::Result<(Seen, FuncValidatorAllocations)> {
    let mut validator = function.into_validator(memory);
    let parameters = validator.len_locals();
    validator.read_locals(&mut body.get_binary_reader())?;
    let (mut stack, mut flow, mut depth) = (Stack::default(), Flow::new(parameters), 0);
    for (at, operator) in body.get_operators_reader()?.into_iter_with_offsets().enumerate() {
        let (operator, offset) = operator?;
        // Before it is validated, as that may take what it is about: the frame that ends.
        let arity = operator.operator_arity(&validator.visitor(offset));
        depth -= u32::from(matches!(operator, Operator::End) && in_loop(&validator));
        validator.op(offset, &operator)?;
        depth += u32::from(matches!(operator, Operator::Loop { .. }));
        let number = |local: u32| is_number(validator.get_local_type(local));
        let height = validator.operand_stack_height() as usize;
        step(&mut stack, &mut flow, &Place { at, depth, operator: &operator, arity, height }, number);
        // Where code is not reached, the stack is what the validator makes of it.
        if stack.below + stack.top.len() != height {
            stack.forget(&mut flow, height);
        }
    }
    // Whether it ends as a function must is for the compiler to see.
    Ok((Seen { parameters, places: flow.finish() }, validator.into_allocations()))
}

/// Whether the innermost block that is open is a loop.
fn in_loop(validator: &FuncValidator<ValidatorResources>) -> bool {
    validator.get_control_frame(0).is_some_and(|frame| frame.kind == FrameKind::Loop)
}

/// The values on the stack.
#[derive(Default)]
struct Stack {
    /// So many of which nothing is known. They are not kept, so that to forget costs no more than what was known.
    below: usize,
    top: Vec<Entry>,
}

impl Stack {
    fn pop(&mut self) -> Entry {
        if self.top.is_empty() {
            self.below = self.below.saturating_sub(1);
        }
        self.top.pop().flatten()
    }

    /// These many are taken as that.
    fn take(&mut self, flow: &mut Flow, many: usize, as_what: As) {
        let kept = self.top.len().saturating_sub(many);
        self.below = self.below.saturating_sub(many.saturating_sub(self.top.len()));
        flow.take(self.top.get(kept..).unwrap_or_default(), as_what);
        self.top.truncate(kept);
    }

    /// All may go anywhere; then there are so many.
    fn forget(&mut self, flow: &mut Flow, height: usize) {
        flow.take(&self.top, None);
        self.top.clear();
        self.below = height;
    }
}

/// An operator: which one it is, how many loops are around it, how many values it takes and gives, and how many there are
/// after it.
struct Place<'a> {
    at: usize,
    depth: u32,
    operator: &'a Operator<'a>,
    arity: Option<(u32, u32)>,
    height: usize,
}

/// What an operator does to the values on the stack.
fn step(stack: &mut Stack, flow: &mut Flow, place: &Place<'_>, number: impl Fn(u32) -> bool) {
    let Place { at, depth, operator, arity, height } = *place;
    let numbers = match computed(operator) {
        Some(computed) => Some((computed.operands, computed.of, Some(From::Operator(at, computed.result)))),
        None => asks(operator).map(|(operands, of)| (operands, of, None)),
    };
    match (operator, numbers, arity) {
        (_, Some((operands, of, result)), _) => {
            stack.take(flow, operands, Some(of));
            stack.top.push(result);
        }
        (Operator::Drop, ..) => drop(stack.pop()),
        (Operator::LocalGet { local_index: local }, ..) => {
            stack.top.push(number(*local).then_some(From::Local(Get { local: *local, at, depth })));
        }
        (Operator::LocalSet { local_index: local } | Operator::LocalTee { local_index: local }, ..)
            if number(*local) =>
        {
            let value = stack.pop();
            flow.set(*local, value, depth);
            if matches!(operator, Operator::LocalTee { .. }) {
                stack.top.push(value);
            }
        }
        (_, None, Some((takes, gives @ (0 | 1)))) if !is_control(operator) => {
            stack.take(flow, takes as usize, None);
            stack.top.extend((0..gives).map(|_| constant(operator)));
        }
        // Values may go from here to elsewhere: after it, nothing is known of any. Nor is it worth it of many at once.
        _ => stack.forget(flow, height),
    }
}

/// What is written down is known, if it is no NaN in any shape.
fn constant(operator: &Operator<'_>) -> Entry {
    let number = match operator {
        Operator::F32Const { value } => !f32::from_bits(value.bits()).is_nan(),
        Operator::F64Const { value } => !f64::from_bits(value.bits()).is_nan(),
        Operator::V128Const { value } => {
            let (four, two) = (value.bytes().as_chunks().0, value.bytes().as_chunks().0);
            four.iter().all(|lane| !f32::from_le_bytes(*lane).is_nan())
                && two.iter().all(|lane| !f64::from_le_bytes(*lane).is_nan())
        }
        _ => false,
    };
    number.then_some(From::Constant)
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
