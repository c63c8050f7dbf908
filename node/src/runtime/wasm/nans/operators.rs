//! Which operators compute floating point.

use wasmparser::Operator;

/// What of a value is a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    F32,
    F64,
    F32x4,
    F64x2,
}

/// Of an operator whose NaNs the machine makes.
#[derive(Clone, Copy, Debug)]
pub struct Computed {
    /// Operands, which all have the same shape.
    pub operands: usize,
    pub of: Shape,
    pub result: Shape,
}

/// How an operator computes floating point, if it does. Of what is not here every bit of the result is laid down: signs
/// (`abs`, `neg`, `copysign`), pseudo-minimum and -maximum, which choose, and conversions of integers, which are no NaNs.
pub fn computed(operator: &Operator<'_>) -> Option<Computed> {
    use Operator as O;
    use Shape::{F32, F32x4, F64, F64x2};
    let (operands, of, result) = match operator {
        O::F32Ceil | O::F32Floor | O::F32Trunc | O::F32Nearest | O::F32Sqrt => (1, F32, F32),
        O::F64Ceil | O::F64Floor | O::F64Trunc | O::F64Nearest | O::F64Sqrt => (1, F64, F64),
        O::F32Add | O::F32Sub | O::F32Mul | O::F32Div | O::F32Min | O::F32Max => (2, F32, F32),
        O::F64Add | O::F64Sub | O::F64Mul | O::F64Div | O::F64Min | O::F64Max => (2, F64, F64),
        O::F32DemoteF64 => (1, F64, F32),
        O::F64PromoteF32 => (1, F32, F64),
        O::F32x4Ceil | O::F32x4Floor | O::F32x4Trunc | O::F32x4Nearest | O::F32x4Sqrt => (1, F32x4, F32x4),
        O::F64x2Ceil | O::F64x2Floor | O::F64x2Trunc | O::F64x2Nearest | O::F64x2Sqrt => (1, F64x2, F64x2),
        O::F32x4Add | O::F32x4Sub | O::F32x4Mul | O::F32x4Div | O::F32x4Min | O::F32x4Max => (2, F32x4, F32x4),
        O::F64x2Add | O::F64x2Sub | O::F64x2Mul | O::F64x2Div | O::F64x2Min | O::F64x2Max => (2, F64x2, F64x2),
        O::F32x4DemoteF64x2Zero => (1, F64x2, F32x4),
        O::F64x2PromoteLowF32x4 => (1, F32x4, F64x2),
        O::F32x4RelaxedMin | O::F32x4RelaxedMax => (2, F32x4, F32x4),
        O::F64x2RelaxedMin | O::F64x2RelaxedMax => (2, F64x2, F64x2),
        O::F32x4RelaxedMadd | O::F32x4RelaxedNmadd => (3, F32x4, F32x4),
        O::F64x2RelaxedMadd | O::F64x2RelaxedNmadd => (3, F64x2, F64x2),
        _ => return None,
    };
    Some(Computed { operands, of, result })
}

/// For an operator to which a NaN is a NaN, whatever its bits: how many operands it takes, and of what shape.
pub fn asks(operator: &Operator<'_>) -> Option<(usize, Shape)> {
    use Operator as O;
    Some(match operator {
        O::F32Eq | O::F32Ne | O::F32Lt | O::F32Gt | O::F32Le | O::F32Ge => (2, Shape::F32),
        O::F64Eq | O::F64Ne | O::F64Lt | O::F64Gt | O::F64Le | O::F64Ge => (2, Shape::F64),
        O::F32x4Eq | O::F32x4Ne | O::F32x4Lt | O::F32x4Gt | O::F32x4Le | O::F32x4Ge => (2, Shape::F32x4),
        O::F64x2Eq | O::F64x2Ne | O::F64x2Lt | O::F64x2Gt | O::F64x2Le | O::F64x2Ge => (2, Shape::F64x2),
        // They trap, or make 0 of it.
        O::I32TruncF32S | O::I32TruncF32U | O::I64TruncF32S | O::I64TruncF32U => (1, Shape::F32),
        O::I32TruncF64S | O::I32TruncF64U | O::I64TruncF64S | O::I64TruncF64U => (1, Shape::F64),
        O::I32TruncSatF32S | O::I32TruncSatF32U | O::I64TruncSatF32S | O::I64TruncSatF32U => (1, Shape::F32),
        O::I32TruncSatF64S | O::I32TruncSatF64U | O::I64TruncSatF64S | O::I64TruncSatF64U => (1, Shape::F64),
        _ => return None,
    })
}
