using KernelDebug.Bpf.Code;
using KernelDebug.Tracing.Expressions;

namespace KernelDebug.Tracing;

/// <summary>Writes instructions for conditions. R0 to R5 and R8 are lost.</summary>
/// <param name="code">Where they are written.</param>
/// <param name="values">Writes those for what is compared.</param>
internal sealed class ConditionCode(BpfAssembler code, ExpressionCode values)
{
    /// <summary>Goes to one of two places.</summary>
    public void Branch(TypedCondition condition, BpfLabel yes, BpfLabel no)
    {
        switch (condition)
        {
            case Negation not:
                Branch(not.Of, no, yes);
                break;
            case Connection { Operator: TraceOperator.Xor } either:
                BpfLabel first = new(), other = new();
                Branch(either.Left, first, other);
                code.Place(first);
                Branch(either.Right, no, yes);
                code.Place(other);
                Branch(either.Right, yes, no);
                break;
            case Connection both:
                BpfLabel next = new();
                Branch(both.Left, both.Operator == TraceOperator.And ? next : yes, both.Operator == TraceOperator.And ? no : next);
                code.Place(next);
                Branch(both.Right, yes, no);
                break;
            case Truth truth:
                values.Load(truth.Of, no);
                code.GoTo(yes, BpfCondition.NotEqual, BpfRegister.R0, 0);
                code.GoTo(no);
                break;
            case TextComparison text:
                values.Text.Match(text, yes, no);
                break;
            default:
                Compare((NumberComparison)condition, yes, no);
                break;
        }
    }

    private void Compare(NumberComparison compared, BpfLabel yes, BpfLabel no)
    {
        // What cannot be read is different from everything, and neither more nor less.
        BpfLabel missing = compared.Operator == TraceOperator.NotEqual ? yes : no;
        bool isLeftUnsigned = ExpressionBinder.IsUnsigned(compared.Left), isRightUnsigned = ExpressionBinder.IsUnsigned(compared.Right);
        values.LoadBoth(compared.Left, compared.Right, missing);
        bool isMixed = isLeftUnsigned != isRightUnsigned;
        if (isMixed)
        {
            // One side alone can be below zero, and is then below the other.
            bool isLeftLess = !isLeftUnsigned;
            bool holds = compared.Operator switch
            {
                TraceOperator.Equal => false,
                TraceOperator.NotEqual => true,
                TraceOperator.Less or TraceOperator.LessOrEqual => isLeftLess,
                _ => !isLeftLess,
            };
            code.GoTo(holds ? yes : no, BpfCondition.SignedLess, isLeftLess ? BpfRegister.R0 : BpfRegister.R1, 0);
        }

        bool isUnsigned = isMixed || isLeftUnsigned;
        BpfCondition condition = (compared.Operator, isUnsigned) switch
        {
            (TraceOperator.Equal, _) => BpfCondition.Equal,
            (TraceOperator.NotEqual, _) => BpfCondition.NotEqual,
            (TraceOperator.Greater, true) => BpfCondition.Greater,
            (TraceOperator.Greater, false) => BpfCondition.SignedGreater,
            (TraceOperator.GreaterOrEqual, true) => BpfCondition.GreaterOrEqual,
            (TraceOperator.GreaterOrEqual, false) => BpfCondition.SignedGreaterOrEqual,
            (TraceOperator.Less, true) => BpfCondition.Less,
            (TraceOperator.Less, false) => BpfCondition.SignedLess,
            (_, true) => BpfCondition.LessOrEqual,
            (_, false) => BpfCondition.SignedLessOrEqual,
        };
        code.GoTo(yes, condition, BpfRegister.R0, BpfRegister.R1);
        code.GoTo(no);
    }
}
