using System.Runtime.CompilerServices;

namespace KernelDebug.Btf;

/// <summary>
/// What members are aligned to where nothing is said, as pahole reckons: a scalar to its size, an array to its element, a structure to
/// its largest member. BTF does not keep alignments; what lies elsewhere than this puts it was told to.
/// </summary>
internal sealed class BtfNaturalAlignment(BtfFile file)
{
    // 0 where it is not known yet. Two threads may reckon the same; they find the same.
    private readonly int[] _known = new int[file.EndId];

    /// <summary>Bytes, at least 1.</summary>
    /// <exception cref="IO.BinaryFormatException">Types go in a circle or nest too deep.</exception>
    public int Of(uint id)
    {
        if (_known[id] != 0)
        {
            return _known[id];
        }

        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw file[id].Malformed("expected types that are made of others, have ones made of themselves");
        }

        int alignment = 1;
        if (id != 0)
        {
            BtfRecord type = file.RecordOf(id);
            switch (type.Kind)
            {
                case BtfKind.Pointer:
                    alignment = file.PointerSize;
                    break;
                case BtfKind.Int or BtfKind.Float or BtfKind.Enum or BtfKind.Enum64:
                    alignment = (int)Math.Clamp(type.ByteSize, 1, 64);
                    break;
                case BtfKind.Array or BtfKind.Typedef or BtfKind.Const or BtfKind.Volatile or BtfKind.Restrict or BtfKind.TypeTag:
                    alignment = Of(type.Target);
                    break;
                case BtfKind.Struct or BtfKind.Union:
                    for (int i = 0; i < type.Count; i++)
                    {
                        alignment = Math.Max(alignment, Of(type.Member(i)));
                    }

                    break;
            }
        }

        return _known[id] = alignment;
    }
}
