using System.Management.Automation;
using KernelDebug.IO;
using KernelDebug.Records;
using KernelDebug.Symbolization;

namespace KernelDebug.Commands;

/// <summary>Get-KernelSymbol: symbols of a kernel and its modules, by name or by an address in them.</summary>
[Cmdlet(VerbsCommon.Get, "KernelSymbol", DefaultParameterSetName = NameSet)]
[OutputType(typeof(KernelSymbol))]
public sealed class GetKernelSymbolCommand : KernelAddressCommand, IDisposable
{
    private const string NameSet = "Name";
    private const string AddressSet = "Address";
    private EngineStreams? _streams;
    private SymbolFinder? _finder;

    /// <summary>Names; with wildcards they are patterns, and ignore case.</summary>
    [Parameter(Position = 0, ParameterSetName = NameSet, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Symbol")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(SymbolNameCompleter))]
    public string[] Name { get; set; } = ["*"];

    /// <summary>Addresses in the symbols.</summary>
    [Parameter(Mandatory = true, ParameterSetName = AddressSet)]
    [AddressTransformation(TakesBareDigits = true)]
    public ulong[] Address { get; set; } = [];

    /// <summary>The modules whose symbols are wanted; wildcards allowed.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ModuleNameCompleter))]
    public string[] Module { get; set; } = [];

    /// <summary>A file in the format of /proc/kallsyms.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Kallsyms { get; set; }

    /// <summary>A System.map.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? SystemMap { get; set; }

    /// <summary>Find where functions begin in their sources.</summary>
    [Parameter]
    public SwitchParameter SourcePlace { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        _streams = new EngineStreams(this);
        SymbolSources sources = ModulePatterns.Select(new SymbolSources
        {
            Files = FileOptions(),
            Kallsyms = Kallsyms is null ? null : Rooted(Kallsyms, CommandErrors.UnusableSymbolFile),
            SystemMap = SystemMap is null ? null : Rooted(SystemMap, CommandErrors.UnusableSymbolFile),
            WithPlaces = SourcePlace,
        }, Module);
        try
        {
            _finder = new SymbolFinder(sources, _streams.Report);
        }
        catch (Exception cause) when (sources.Files.Vmlinux is { } path && CommandErrors.IsFileProblem(cause))
        {
            ThrowTerminatingError(CommandErrors.UnusableVmlinux(cause, path));
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName == AddressSet)
        {
            foreach (ulong address in Address)
            {
                Write(_finder!.At(address), $"0x{address:x}", "AddressNotInSymbol", $"No symbol is known to contain the address 0x{address:x}.",
                    "Runtime addresses are of the running kernel, or need -KaslrOffset; modules have none before they are loaded.");
            }

            return;
        }

        foreach (string name in Name)
        {
            if (WildcardPattern.ContainsWildcardCharacters(name))
            {
                var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant);
                Write(_finder!.Find(pattern.IsMatch, LiteralPart(name)), name, null, "", "");
            }
            else
            {
                string symbol = WildcardPattern.Unescape(name);
                Write(_finder!.Find(symbol), symbol, "SymbolNotFound", $"There is no symbol {symbol}.", $"A pattern finds its like: Get-KernelSymbol '*{symbol}*'.");
            }
        }
    }

    /// <summary>Closes the files. Not earlier: what maps them may be reading while StopProcessing runs on its own thread.</summary>
    public void Dispose() => _finder?.Dispose();

    private void Write(IEnumerable<KernelSymbol> found, string target, string? notFound, string message, string action)
    {
        bool any = false;
        try
        {
            using IEnumerator<KernelSymbol> symbols = found.GetEnumerator();
            while (_streams!.Timed(symbols.MoveNext))
            {
                any = true;
                WriteObject(symbols.Current);
            }
        }
        catch (Exception damaged) when (damaged is BinaryFormatException or DllNotFoundException)
        {
            WriteError(CommandErrors.Create(damaged, "SymbolFileUnusable", ErrorCategory.InvalidData, target, $"A symbol table cannot be read: {damaged.Message}", "Name another copy of the file."));
            return;
        }

        if (!any && notFound is not null && _finder!.IsComplete)
        {
            string shown = Formatting.ControlText.MakeNameVisible(message);
            WriteError(CommandErrors.Create(new ItemNotFoundException(shown), notFound, ErrorCategory.ObjectNotFound, target, shown, Formatting.ControlText.MakeNameVisible(action)));
        }
    }

    /// <summary>The longest run of a pattern that stands for itself.</summary>
    private static string LiteralPart(string pattern) =>
        !pattern.All(char.IsAscii) || pattern.AsSpan().IndexOfAny('[', '`') >= 0 ? "" : pattern.Split('*', '?').MaxBy(part => part.Length) ?? "";
}
