using KernelDebug.IO;

namespace KernelDebug.Btf;

/// <summary>
/// BTF as it lies in a file, named as in include/uapi/linux/btf.h, and nothing of what it means: that is <see cref="BtfType"/>.
/// </summary>
internal static class BtfWire
{
    /// <summary>BTF_MAGIC, in the file's byte order.</summary>
    public const ushort Magic = 0xeb9f;

    /// <summary>BTF_VERSION.</summary>
    public const byte Version = 1;

    /// <summary>sizeof(struct btf_header) before there was a layout section.</summary>
    public const int HeaderSize = 24;

    /// <summary>sizeof(struct btf_header) with layout_off and layout_len.</summary>
    public const int HeaderSizeWithLayout = 32;

    /// <summary>sizeof(struct btf_type).</summary>
    public const int TypeSize = 12;

    /// <summary>BTF_INFO_KIND. The field grew from 5 bits to 7; the two were zero before.</summary>
    public static BtfKind Kind(uint info) => (BtfKind)((info >> 24) & 0x7f);

    /// <summary>BTF_INFO_VLEN. The field grew from 16 bits to 24; the eight were zero before.</summary>
    public static int ElementCount(uint info) => (int)(info & 0xffffff);

    /// <summary>BTF_INFO_KFLAG.</summary>
    public static bool KindFlag(uint info) => info >> 31 != 0;

    /// <summary>Bytes that follow struct btf_type; -1 for a kind that is not known.</summary>
    public static long ExtraSize(uint info)
    {
        long count = ElementCount(info);
        return Kind(info) switch
        {
            BtfKind.Int or BtfKind.Variable or BtfKind.DeclarationTag => 4,
            BtfKind.Array => 12,
            BtfKind.Struct or BtfKind.Union or BtfKind.DataSection or BtfKind.Enum64 => 12 * count,
            BtfKind.Enum or BtfKind.FunctionPrototype => 8 * count,
            BtfKind.Pointer or BtfKind.Forward or BtfKind.Typedef or BtfKind.Volatile or BtfKind.Const or BtfKind.Restrict
                or BtfKind.Function or BtfKind.Float or BtfKind.TypeTag => 0,
            _ => -1,
        };
    }

    /// <summary>struct btf_type.</summary>
    public readonly record struct TypeHeader(uint NameOffset, uint Info, uint SizeOrType)
    {
        public BtfKind Kind => Kind(Info);

        public int ElementCount => ElementCount(Info);

        public bool KindFlag => KindFlag(Info);

        public static TypeHeader Read(ref SpanReader reader) => new(reader.ReadUInt32(), reader.ReadUInt32(), reader.ReadUInt32());
    }

    /// <summary>Three words: struct btf_array, btf_member, btf_var_secinfo or btf_enum64.</summary>
    public readonly record struct Triple(uint First, uint Second, uint Third)
    {
        public static Triple Read(ref SpanReader reader) => new(reader.ReadUInt32(), reader.ReadUInt32(), reader.ReadUInt32());
    }

    /// <summary>Two words: struct btf_enum or btf_param.</summary>
    public readonly record struct Pair(uint First, uint Second)
    {
        public static Pair Read(ref SpanReader reader) => new(reader.ReadUInt32(), reader.ReadUInt32());
    }
}
