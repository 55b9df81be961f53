using KernelDebug.Bpf.Native;
using Microsoft.Win32.SafeHandles;

namespace KernelDebug.Bpf;

/// <summary>
/// A program for one function or tracepoint, by the id of its type, or for many. libbpf would look a name up in the types of the kernel and then of
/// each module, one by one: tens of milliseconds a program, and the first function of that name, whichever was meant.
/// </summary>
internal sealed class BpfTracingProgram : BpfLoadedProgram
{
    private BpfTracingProgram(BpfProgramName name, SafeFileHandle handle)
        : base(name, handle)
    {
    }

    /// <summary>Hands a program to the verifier.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="section">What it is attached to, in libbpf's words: <c>fentry/vfs_open</c>.</param>
    /// <param name="code">Its instructions, with descriptors of maps where addresses are to be.</param>
    /// <param name="type">The id of the function, or of the tracepoint's typedef; 0 for many functions.</param>
    /// <param name="types">The module's types; null for the kernel's.</param>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public static BpfTracingProgram Load(string name, string section, byte[] code, uint type, SafeFileHandle? types)
    {
        var named = new BpfProgramName(name, section);
        return new(named, Guard(named, $"{name} cannot be loaded", () => LoadApi.Load(BpfProgramType.Tracing, name, code, AttachTypeOf(named), type, types)));
    }

    /// <summary>The loaded types of a module, which its programs name.</summary>
    /// <exception cref="BpfException">It has none that are loaded, or this user may not see them.</exception>
    public static SafeFileHandle OpenTypes(string module) => BpfInventory.Guard(() => KernelObjectApi.Ids(KernelObjectKind.Btf)
        .Where(id => KernelTypesApi.TryGet(id) is { IsKernel: true } loaded && loaded.Name == module)
        .Select(id => KernelObjectApi.Open(KernelObjectKind.Btf, id)).FirstOrDefault(types => types is not null))
        ?? throw new BpfException($"functions of {module} cannot be traced", null, new(BpfRefusalKind.MissingBtf, $"the kernel has no types of the module {module} any more", "Get-BtfObject lists what there is."));

    /// <summary>Attaches it.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public BpfAttachment Attach() => Attached(() => [LoadApi.Attach(Handle)]);

    /// <summary>Attaches it to many functions.</summary>
    /// <param name="functions">The id of each one's type, and the number that the program can ask for there.</param>
    /// <exception cref="BpfException">The kernel refuses one of them; none is attached then.</exception>
    public BpfAttachment Attach(IReadOnlyList<(uint Type, ulong Cookie)> functions) =>
        Attached(() => [LinkApi.CreateFunctions((int)Handle.DangerousGetHandle(), AttachTypeOf(Name), [.. functions.Select(one => one.Type)], [.. functions.Select(one => one.Cookie)])]);

    private static int AttachTypeOf(BpfProgramName name) => name.Section.Hook switch
    {
        "fentry" => BpfAttachType.FunctionEntry,
        "fexit" => BpfAttachType.FunctionExit,
        "fsession" => BpfAttachType.FunctionSession,
        "fentry.multi" => BpfAttachType.ManyFunctionEntries,
        "fexit.multi" => BpfAttachType.ManyFunctionExits,
        "fsession.multi" => BpfAttachType.ManyFunctionSessions,
        "tp_btf" => BpfAttachType.RawTracepoint,
        var other => throw new ArgumentException($"programs of {other} are not loaded by a type's id"),
    };
}
