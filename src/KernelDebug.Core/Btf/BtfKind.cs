#pragma warning disable CA1720 // The format's own words.

namespace KernelDebug.Btf;

/// <summary>What a type is (<c>BTF_KIND_*</c> of include/uapi/linux/btf.h); in brackets the first kernel that has the kind.</summary>
/// <remarks>A number that is not here can only come from a file that tells its size (<see cref="BtfUnknown"/>).</remarks>
public enum BtfKind
{
    /// <summary>BTF_KIND_UNKN: id 0, which stands for void; no type in a file has it.</summary>
    Void = 0,
    /// <summary>BTF_KIND_INT (v4.18).</summary>
    Int = 1,
    /// <summary>BTF_KIND_PTR (v4.18).</summary>
    Pointer = 2,
    /// <summary>BTF_KIND_ARRAY (v4.18).</summary>
    Array = 3,
    /// <summary>BTF_KIND_STRUCT (v4.18).</summary>
    Struct = 4,
    /// <summary>BTF_KIND_UNION (v4.18).</summary>
    Union = 5,
    /// <summary>BTF_KIND_ENUM, values of 32 bits (v4.18).</summary>
    Enum = 6,
    /// <summary>BTF_KIND_FWD: a struct or union that is declared only (v4.18).</summary>
    Forward = 7,
    /// <summary>BTF_KIND_TYPEDEF (v4.18).</summary>
    Typedef = 8,
    /// <summary>BTF_KIND_VOLATILE (v4.18).</summary>
    Volatile = 9,
    /// <summary>BTF_KIND_CONST (v4.18).</summary>
    Const = 10,
    /// <summary>BTF_KIND_RESTRICT (v4.18).</summary>
    Restrict = 11,
    /// <summary>BTF_KIND_FUNC (v5.0).</summary>
    Function = 12,
    /// <summary>BTF_KIND_FUNC_PROTO (v5.0).</summary>
    FunctionPrototype = 13,
    /// <summary>BTF_KIND_VAR (v5.2).</summary>
    Variable = 14,
    /// <summary>BTF_KIND_DATASEC (v5.2).</summary>
    DataSection = 15,
    /// <summary>BTF_KIND_FLOAT (v5.13).</summary>
    Float = 16,
    /// <summary>BTF_KIND_DECL_TAG (v5.16).</summary>
    DeclarationTag = 17,
    /// <summary>BTF_KIND_TYPE_TAG (v5.17).</summary>
    TypeTag = 18,
    /// <summary>BTF_KIND_ENUM64, values of 64 bits (v6.0).</summary>
    Enum64 = 19,
}
