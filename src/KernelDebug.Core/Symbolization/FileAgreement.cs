using KernelDebug.Records;

namespace KernelDebug.Symbolization;

/// <summary>How far a file fits the log: names it was asked for, those it has of another size, and those it has not at all.</summary>
/// <param name="isOfPartial">True where the file has some functions only: one it lacks says nothing of it.</param>
internal sealed class FileAgreement(bool isOfPartial)
{
    private string? _firstMisfit;

    public bool IsOfPartial => isOfPartial;

    public int Asked { get; set; }

    public int OfOtherSize { get; set; }

    public int Missing { get; set; }

    /// <summary>What shows that the file is another build's; null while nothing does.</summary>
    public UnresolvedReason? Proof { get; private set; }

    /// <summary>Takes a size that does not fit. Where the line ends in it, its last digit may be lost: then two names are needed.</summary>
    public void Note(SymbolReference reference, UnresolvedReason misfit)
    {
        if (!reference.EndsLine || (_firstMisfit is not null && _firstMisfit != reference.Symbol))
        {
            Proof ??= misfit;
        }

        _firstMisfit ??= reference.Symbol;
    }
}
