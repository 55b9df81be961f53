namespace KernelDebug.Btf;

/// <summary>BTF_KIND_ARRAY; one dimension, an array of arrays where there are more.</summary>
public sealed class BtfArray : BtfReferringType
{
    internal BtfArray(BtfFile file, uint id, uint elementId, uint indexId, uint count)
        : base(file, id, BtfKind.Array, null, elementId)
    {
        IndexId = indexId;
        Count = count;
    }

    /// <summary>The id of the type indexes have; of no consequence.</summary>
    public uint IndexId { get; }

    /// <summary>Elements; 0 also for a flexible array member.</summary>
    public uint Count { get; }

    /// <inheritdoc/>
    public override ulong? Size
    {
        get
        {
            UInt128 total = 1;
            BtfType type = this;
            for (int depth = 0; type is BtfArray array; depth++, type = array.Target.Bare)
            {
                total *= array.Count;
                if (depth == IO.ParserLimits.MaxBtfNesting || total > ulong.MaxValue)
                {
                    throw Malformed("expected an array of less than 2^64 bytes, have a larger one or one of arrays without end");
                }
            }

            // The variable could be of this array.
            if (type is BtfVariable || type.Size is not { } element)
            {
                return null;
            }

            total *= element;
            return total <= ulong.MaxValue ? (ulong)total : throw Malformed("expected an array of less than 2^64 bytes, have a larger one");
        }
    }

    internal override IEnumerable<uint> References() => [TargetId, IndexId];
}
