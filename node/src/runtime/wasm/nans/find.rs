//! Finds the results whose bits can be seen.

use wasmparser::{
    FuncToValidate, FuncValidatorAllocations, FunctionBody, Operator, Parser, ValidPayload, Validator,
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

/// What is known of a value on the stack: the operator that computed it, as long as nobody has seen it.
type Entry = Option<(usize, Shape)>;

fn in_function(
    function: FuncToValidate<ValidatorResources>,
    body: &FunctionBody<'_>,
    memory: FuncValidatorAllocations,
) -> wasmparser::Result<(Seen, FuncValidatorAllocations)> {
    let mut validator = function.into_validator(memory);
    let parameters = validator.len_locals();
    validator.read_locals(&mut body.get_binary_reader())?;
    let (mut stack, mut seen) = (Vec::<Entry>::new(), vec![]);
    for (at, operator) in body.get_operators_reader()?.into_iter_with_offsets().enumerate() {
        let (operator, offset) = operator?;
        // Before it is validated, as that may take what it is about: the frame that ends.
        let arity = operator.operator_arity(&validator.visitor(offset));
        validator.op(offset, &operator)?;
        let height = validator.operand_stack_height() as usize;
        let mut look = |entries: &[Entry]| seen.extend(entries.iter().flatten().map(|(operator, _)| *operator));
        let (own, others) = match computed(&operator) {
            Some(computed) => (Some((at, computed.result)), Some((computed.operands, computed.of))),
            None => (None, asks(&operator)),
        };
        match (others, arity) {
            (Some((operands, shape)), _) => {
                let taken = stack.split_off(stack.len().saturating_sub(operands));
                let other: Vec<_> =
                    taken.into_iter().filter(|entry| entry.is_some_and(|(_, of)| of != shape)).collect();
                look(&other);
                stack.push(own);
            }
            (None, _) if matches!(operator, Operator::Drop) => drop(stack.pop()),
            (None, Some((takes, gives))) if !is_control(&operator) => {
                look(&stack.split_off(stack.len().saturating_sub(takes as usize)));
                stack.extend((0..gives).map(|_| None));
            }
            // Values may go from here to elsewhere: after it, nothing is known of any.
            _ => look(&std::mem::take(&mut stack)),
        }
        // Where code is not reached, the stack is what the validator makes of it.
        if stack.len() != height {
            look(&std::mem::take(&mut stack));
            stack.resize(height, None);
        }
    }
    // What is seen late was computed early.
    seen.sort_unstable();
    Ok((Seen { parameters, operators: seen }, validator.into_allocations()))
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
