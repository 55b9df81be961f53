using System.Management.Automation;
using KernelDebug.Btf;
using KernelDebug.Host;
using KernelDebug.Tracing;

namespace KernelDebug.Commands;

/// <summary>Get-TraceFunction: functions of the running kernel, what they take, in which ways they can be traced, and why not in others.</summary>
[Cmdlet(VerbsCommon.Get, "TraceFunction", DefaultParameterSetName = KernelSet)]
[OutputType(typeof(TraceFunction))]
public sealed class GetTraceFunctionCommand : BtfFileCommand
{
    private const string KernelSet = "Kernel";
    private static readonly BtfKind[] Functions = [BtfKind.Function];

    private FunctionCatalog? _catalog;
    private Func<string?, string, bool>? _takes;

    /// <summary>Names; with wildcards they are patterns, and ignore case.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("Symbol", "Function")]
    [AllowNull]
    [AllowEmptyString]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(TraceFunctionCompleter))]
    public string?[]? Name { get; set; }

    /// <summary>Modules, and vmlinux for the kernel proper; wildcards allowed.</summary>
    [Parameter(ParameterSetName = KernelSet, ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyString]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(TraceFunctionCompleter))]
    public string?[]? Module { get; set; }

    /// <summary>Types the functions take.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BtfNameCompleter))]
    public string[] Parameter { get; set; } = [];

    /// <summary>Names, and frames of reports.</summary>
    [Parameter(ValueFromPipeline = true, ParameterSetName = KernelSet)]
    [AllowNull]
    public PSObject? InputObject { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName != KernelSet)
        {
            foreach (BtfFile file in OpenNamedFiles())
            {
                Guard(file.Path, () => WriteFile(file));
            }

            return;
        }

        Guard("the running kernel", WriteInput);
    }

    private void WriteInput()
    {
        string[] modules = Texts(Module), names = Texts(Name);
        var input = new TraceFunctionInput(Catalog());
        IEnumerable<TraceFunction>? found = input.Of(InputObject?.BaseObject, modules)
            ?? (names.Length == 0 && InputObject is not null ? null : (names.Length == 0 ? ["*"] : names).SelectMany(name => input.Named(name, modules)));
        if (found is null)
        {
            WriteNoName(InputObject!);
            return;
        }

        foreach (TraceFunction function in found.TakeWhile(_ => !Stopping).Where(IsWanted))
        {
            WriteObject(function);
        }
    }

    private void WriteFile(BtfFile file)
    {
        BtfUseSearch? uses = Parameter.Length == 0 ? null : new BtfUseSearch(file, new BtfUses { Parameters = Parameter });
        WriteMissingTypes(uses?.Missing ?? []);
        foreach (string name in Texts(Name) is { Length: > 0 } names ? names : ["*"])
        {
            Func<string, bool>? pattern = NameCondition(name);
            IEnumerable<BtfType> found = pattern is not null
                ? BtfSearch.Matching(file, pattern, Functions, uses)
                : BtfSearch.Named(file, WildcardPattern.Unescape(name), Functions, uses);
            bool any = false;
            foreach (TraceFunction function in FunctionCatalog.OfFile(file, found).TakeWhile(_ => !Stopping))
            {
                any = true;
                WriteObject(function);
            }

            if (!any && pattern is null)
            {
                WriteNotFound("TraceFunctionNotFound", name, $"{file.Path} has no function {name}.", "BTF has no functions that were inlined everywhere or changed by the compiler.");
            }
        }
    }

    private bool IsWanted(TraceFunction function) => _takes is null || _takes(function.Module, function.Name);

    /// <summary>The kernel's functions, read when the first is asked for.</summary>
    private FunctionCatalog Catalog()
    {
        if (_catalog is not null)
        {
            return _catalog;
        }

        _catalog = FunctionCatalog.OfRunningKernel();
        if (_catalog.WhyNoList is { } why)
        {
            WriteWarning($"Which functions can be traced is not known: {why}. Functions are of {(_catalog.Source == TraceFunctionSource.Kallsyms ? "/proc/kallsyms" : "BTF")}. {TracingFiles.Find().Remedy}");
        }

        else if (_catalog.WhyNoBlacklist is { } whyNot)
        {
            WriteWarning($"Which functions kprobes may not touch is not known, so CanKprobe says nothing: {whyNot}. As root: mount -t debugfs debugfs /sys/kernel/debug.");
        }

        if (Parameter.Length > 0)
        {
            _takes = _catalog.Taking(Parameter, ModulePatterns.Condition(Texts(Module)), out IReadOnlyList<string> missing);
            WriteMissingTypes(missing);
        }

        return _catalog;
    }

    private void WriteNoName(PSObject input) => WriteError(CommandErrors.Create(
        new PSArgumentException("The object names no function."), "InputWithoutFunction", ErrorCategory.InvalidArgument, input,
        "The object names no function: a bare address, or an object without a property Name, Symbol or Function.",
        "Resolve-KernelAddress gives the function an address is in."));

    private void Guard(string target, Action work) => Guard<object>(target, () =>
    {
        work();
        return this;
    });

    private static string[] Texts(string?[]? texts) => texts is null ? [] : [.. texts.OfType<string>().Where(text => text.Length > 0)];
}
