using KernelDebug.IO;

namespace KernelDebug.Dwarf;

/// <summary>
/// Bounds the work of one look-up. Each structure is bounded by its own bytes, but thousands of entries or units can refer to the
/// same long list or table: a small file could keep the reader busy for hours.
/// </summary>
internal sealed class WorkBudget
{
    /// <summary>Steps of one range of a range list; a byte of a table counts one.</summary>
    public const int Range = 32;

    private long _spent;

    /// <summary>A new look-up begins.</summary>
    public void Reset() => _spent = 0;

    /// <exception cref="BinaryFormatException">The look-up is over <see cref="ParserLimits.MaxLookupSteps"/>.</exception>
    public void Spend(long steps, ByteSlice where)
    {
        _spent += steps;
        if (_spent > ParserLimits.MaxLookupSteps)
        {
            throw where.Error(0, $"expected an answer within {ParserLimits.MaxLookupSteps} steps, have entries that refer to the same bytes over and over");
        }
    }
}
