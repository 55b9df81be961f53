using System.Runtime.CompilerServices;
using KernelDebug.IO;

namespace KernelDebug.Btf.CHeader;

/// <summary>
/// What a compiler aligns types to where nothing is said, as libbpf's btf__align_of has it. BTF does not keep alignments: a structure is
/// taken for packed where its members lie as only a packed one's can.
/// </summary>
internal sealed class CAlignment(BtfFile file, TypeGraph types)
{
    // One more than the alignment; 0 where it is not known yet.
    private readonly int[] _known = new int[file.EndId];

    /// <summary>Bytes; 0 for what has no size.</summary>
    /// <exception cref="BinaryFormatException">Types go in a circle or nest too deep.</exception>
    public int Of(uint id)
    {
        if (_known[id] == 0)
        {
            if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            {
                throw file[id].Malformed("expected types that are made of others, have ones made of themselves");
            }

            _known[id] = 1 + types.Kind(id) switch
            {
                BtfKind.Typedef or BtfKind.Const or BtfKind.Volatile or BtfKind.Restrict or BtfKind.TypeTag or BtfKind.Array => Of(types.References(id)[0]),
                BtfKind.Pointer => file.PointerSize,
                BtfKind.Int or BtfKind.Enum or BtfKind.Enum64 or BtfKind.Float => (int)Math.Min((uint)file.PointerSize, file.RecordOf(id).ByteSize),
                BtfKind.Struct or BtfKind.Union => OfStruct(id),
                _ => 0,
            };
        }

        return _known[id] - 1;
    }

    /// <summary>True for a structure that must be packed: a member is not aligned, or the size is no multiple of the largest alignment.</summary>
    /// <exception cref="BinaryFormatException">As <see cref="Of"/>.</exception>
    public bool IsPacked(uint structure) => Natural(structure, out _) is null;

    private int OfStruct(uint id)
    {
        int natural = Natural(id, out bool hasUnknown) ?? 1;
        return hasUnknown ? 0 : natural;
    }

    private int? Natural(uint id, out bool hasUnknown)
    {
        BtfRecord structure = file.RecordOf(id);
        int largest = 1;
        hasUnknown = false;
        for (int i = 0; i < structure.Count; i++)
        {
            int alignment = Of(structure.Member(i));
            (uint offset, int width) = structure.MemberBits(i);
            hasUnknown |= alignment == 0;
            if (alignment > 0 && width == 0 && offset % (8 * alignment) != 0)
            {
                return null;
            }

            largest = Math.Max(largest, alignment);
        }

        return structure.ByteSize % (uint)largest != 0 ? null : largest;
    }
}
