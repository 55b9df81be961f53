namespace KernelDebug.Btf;

/// <summary>Where a function or variable is visible (BTF_FUNC_*, BTF_VAR_*: the same numbers).</summary>
public enum BtfLinkage
{
    /// <summary>In its compilation unit. pahole calls every function of the kernel static.</summary>
    Static = 0,
    /// <summary>Everywhere.</summary>
    Global = 1,
    /// <summary>Defined elsewhere.</summary>
    Extern = 2,
}

/// <summary>BTF_KIND_FUNC.</summary>
public sealed class BtfFunction : BtfReferringType
{
    internal BtfFunction(BtfFile file, uint id, string? name, uint prototypeId, BtfLinkage linkage)
        : base(file, id, BtfKind.Function, name, prototypeId) => Linkage = linkage;

    /// <summary>Where it is visible.</summary>
    public BtfLinkage Linkage { get; }

    /// <summary>What it takes and returns.</summary>
    /// <exception cref="IO.BinaryFormatException">The type it refers to is no prototype.</exception>
    public BtfFunctionPrototype Prototype => Target as BtfFunctionPrototype
        ?? throw Malformed($"expected a function's type to be a {BtfKind.FunctionPrototype}, have type {TargetId}, a {Target.Kind}");

    internal override bool AllowsReference(BtfKind kind) => kind == BtfKind.FunctionPrototype;
}

/// <summary>BTF_KIND_FUNC_PROTO: what a function takes and returns, without a name.</summary>
public sealed class BtfFunctionPrototype : BtfReferringType
{
    internal BtfFunctionPrototype(BtfFile file, uint id, uint returnId, BtfParameter[] parameters)
        : base(file, id, BtfKind.FunctionPrototype, null, returnId) => Parameters = parameters;

    /// <summary>The parameters, without the <c>...</c> of a variadic function and the <c>void</c> of one that takes none.</summary>
    public IReadOnlyList<BtfParameter> Parameters { get; }

    /// <summary>True where further arguments may follow: the file has a last parameter that is void.</summary>
    public bool IsVariadic { get; init; }

    /// <summary>What it returns.</summary>
    public BtfType ReturnType => Target;

    internal override IEnumerable<uint> References() => Parameters.Select(parameter => parameter.TypeId).Append(TargetId);
}

/// <summary>A parameter of a function.</summary>
public sealed class BtfParameter
{
    private readonly BtfFile _file;

    internal BtfParameter(BtfFile file, string? name, uint typeId)
    {
        _file = file;
        Name = string.IsNullOrEmpty(name) ? null : name;
        TypeId = typeId;
    }

    /// <summary>The name; null where the file has none: parameters of function pointers.</summary>
    public string? Name { get; }

    /// <summary>The id of the type.</summary>
    public uint TypeId { get; }

    /// <summary>The type.</summary>
    public BtfType Type => _file[TypeId];

    /// <summary>The declaration: <c>struct sk_buff *skb</c>.</summary>
    public override string ToString() => BtfDeclaration.Declare(Type, Name ?? "");
}
