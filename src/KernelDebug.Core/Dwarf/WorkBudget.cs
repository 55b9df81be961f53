using KernelDebug.IO;

namespace KernelDebug.Dwarf;

/// <summary>
/// Bounds the work of one look-up. Each structure is bounded by its own bytes, but thousands of entries or units can refer to the
/// same long list or table: a small file could keep the reader busy for hours.
/// </summary>
/// <param name="infoLength">
/// Bytes of <c>.debug_info</c>: a quarter more steps each, since the first look-up may have to read the roots of all units, and a kernel
/// with everything built in has ten times those of a distribution's.
/// </param>
internal sealed class WorkBudget(long infoLength)
{
    /// <summary>Steps of one range of a range list; a byte of a table counts one.</summary>
    public const int Range = 32;

    private readonly long _most = ParserLimits.MaxLookupSteps + infoLength / 4;
    private long _spent;

    /// <summary>A new look-up begins.</summary>
    public void Reset() => _spent = 0;

    /// <exception cref="BinaryFormatException">The look-up is over its budget.</exception>
    public void Spend(long steps, ByteSlice where)
    {
        _spent += steps;
        if (_spent > _most)
        {
            throw where.Error(0, $"expected an answer within {_most} steps, have entries that refer to the same bytes over and over");
        }
    }
}
