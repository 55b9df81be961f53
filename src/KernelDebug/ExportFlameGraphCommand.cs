using System.Collections;
using System.Globalization;
using System.Management.Automation;
using KernelDebug.Formatting;
using KernelDebug.Tracing;

namespace KernelDebug.Commands;

/// <summary>Export-FlameGraph: stacks as a flame graph, an SVG that a browser shows.</summary>
[Cmdlet(VerbsData.Export, "FlameGraph", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class ExportFlameGraphCommand : PSCmdlet, IDisposable
{
    private const string PathSet = "Path";
    private const string LiteralPathSet = "LiteralPath";
    private const string StackProperty = "Stack";
    private const string CountProperty = "Count";
    private const char Separator = ';';

    private readonly FlameGraph _graph = new();
    private readonly CancellationTokenSource _stop = new();
    private string _target = "";
    private long _withoutStack;
    private long _cut;

    /// <summary>The file to write.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>The file to write, taken as written.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LiteralPathSet)]
    [ValidateNotNullOrEmpty]
    public string LiteralPath { get; set; } = "";

    /// <summary>Events with a property <c>Stack</c>, and perhaps <c>Count</c>; or stacks, or lines <c>a;b;c 12</c>.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    [AllowNull]
    [AllowEmptyString]
    public PSObject? InputObject { get; set; }

    /// <summary>What is written above it.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string Title { get; set; } = new FlameGraphOptions().Title;

    /// <summary>Its width in pixels.</summary>
    [Parameter]
    [ValidateRange(300, 10_000)]
    public int Width { get; set; } = new FlameGraphOptions().Width;

    /// <summary>Callers at the top, so that stacks grow downwards.</summary>
    [Parameter]
    public SwitchParameter Icicle { get; set; }

    /// <summary>Leave a file that is there as it is.</summary>
    [Parameter]
    public SwitchParameter NoClobber { get; set; }

    /// <summary>Replace a file that is read-only too.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Give the file.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private string Asked => ParameterSetName == LiteralPathSet ? LiteralPath : Path;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        // Before a trace has run for an hour.
        _target = Target();
        if (Directory.Exists(_target) || (NoClobber && File.Exists(_target)))
        {
            ThrowTerminatingError(CommandErrors.OutputTaken(_target, Asked));
        }

        if (!Force && File.Exists(_target) && new FileInfo(_target).IsReadOnly)
        {
            ThrowTerminatingError(CommandErrors.Create(
                new UnauthorizedAccessException($"{_target} is read-only."), "OutputReadOnly", ErrorCategory.PermissionDenied, Asked,
                $"{Asked} is read-only.", "Name another file, or use -Force to replace it."));
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        switch (InputObject?.BaseObject)
        {
            case null:
                break;
            case string line:
                AddLine(line);
                break;
            case TraceStack stack:
                Add(stack, 1, InputObject);
                break;
            case TraceCountObject counted:
                Add(counted.GetMember(StackProperty), counted.GetCount(), InputObject);
                break;
            case TraceEventObject own:
                // An argument may be called count.
                Add(own.GetMember(StackProperty), 1, InputObject);
                break;
            default:
                if (InputObject.Properties[StackProperty] is { } property)
                {
                    Add(property.Value, CountOf(InputObject), InputObject);
                }
                else
                {
                    WriteError(Unusable("The object has no Stack.", InputObject));
                }

                break;
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_withoutStack > 0)
        {
            WriteWarning($"{_withoutStack} objects had no stack and are not in the graph.");
        }

        if (_cut > 0)
        {
            WriteWarning($"{_cut} stacks reached the depth that was recorded: their callers are missing, and their first frame stands where a caller would.");
        }

        if (_graph.CutStacks > 0)
        {
            WriteWarning($"{_graph.CutStacks} stacks are deeper than {FlameGraph.MaxDepth} frames and are cut there.");
        }

        if (_graph.MergedStacks > 0)
        {
            WriteWarning($"{_graph.MergedStacks} stacks had functions beyond the first {FlameGraph.MaxNodes} frames; these are drawn as {FlameGraph.Others}.");
        }

        if (_graph.Total == 0)
        {
            ThrowTerminatingError(CommandErrors.Create(
                new InvalidOperationException("No stack came."), "NoStack", ErrorCategory.InvalidData, Asked, $"No stack came, and {Asked} is not written.",
                "Trace with stacks, Start-BpfTrace -Stack, or give it lines such as 'caller;function 12'."));
        }

        if (ShouldProcess(_target, $"Export a flame graph of {_graph.Total} stacks"))
        {
            Save();
        }
    }

    /// <inheritdoc/>
    protected override void StopProcessing() => _stop.Cancel();

    /// <summary>Ends what is under way.</summary>
    public void Dispose() => _stop.Dispose();

    /// <summary>Of a pattern, the one file it names, as Out-File takes it.</summary>
    private string Target()
    {
        if (ParameterSetName != PathSet || !WildcardPattern.ContainsWildcardCharacters(Path))
        {
            return SessionState.Path.GetUnresolvedProviderPathFromPSPath(WildcardPattern.Unescape(Asked));
        }

        var found = SessionState.Path.GetResolvedProviderPathFromPSPath(Path, out ProviderInfo _);
        if (found.Count != 1)
        {
            ThrowTerminatingError(CommandErrors.Create(
                new PSArgumentException($"{Path} names {found.Count} files."), "OutputAmbiguous", ErrorCategory.InvalidArgument, Path,
                $"{Path} names {found.Count} files.", "Name one, or use -LiteralPath for a name with such characters."));
        }

        return found[0];
    }

    /// <summary>A collapsed line, <c>a;b;c 12</c>, outermost first; without a number it stands for one.</summary>
    private void AddLine(string line)
    {
        line = line.Trim();
        if (line.Length == 0)
        {
            return;
        }

        int blank = line.LastIndexOf(' ');
        bool isCounted = long.TryParse(line.AsSpan(blank + 1), NumberStyles.None, CultureInfo.InvariantCulture, out long count) && blank > 0;
        Add(isCounted ? line[..blank] : line, isCounted ? count : 1, PSObject.AsPSObject(line));
    }

    private void Add(object? stack, long? count, PSObject input)
    {
        stack = (stack as PSObject)?.BaseObject ?? stack;
        IEnumerable<string>? functions = stack switch
        {
            null or "" => [],
            TraceStack { Count: 0 } => [],
            TraceStack own => own.FunctionNames(),
            string text => text.Split(Separator),
            IEnumerable names => names.Cast<object?>().Select(name => name?.ToString() ?? ""),
            _ => null,
        };
        if (functions is null)
        {
            WriteError(Unusable("The Stack of the object is no stack.", input));
        }
        else if (count is null or < 0 || count > long.MaxValue - _graph.Total)
        {
            WriteError(Unusable("The Count of the object is no number of stacks, or more than can be counted.", input));
        }
        else if (count == 0)
        {
            return;
        }
        else if (!functions.Any())
        {
            _withoutStack++;
        }
        else
        {
            _cut += stack is TraceStack { IsTruncated: true } ? 1 : 0;
            _graph.Add(functions, count.Value);
        }
    }

    /// <returns>Null where it has a count that is none; 1 where it has none at all.</returns>
    private static long? CountOf(PSObject input) => input.Properties[CountProperty]?.Value switch
    {
        null => 1,
        ulong number => number <= long.MaxValue ? (long)number : null,
        var value when LanguagePrimitives.TryConvertTo(value, CultureInfo.InvariantCulture, out long number) => number,
        _ => null,
    };

    private static ErrorRecord Unusable(string message, PSObject input) => CommandErrors.Create(
        new PSArgumentException(message), "StackUnusable", ErrorCategory.InvalidArgument, input, message,
        "Give it the events of a trace with stacks, Start-BpfTrace -Stack, objects whose property Stack is text 'caller;function' or an array, or such lines.");

    private void Save()
    {
        try
        {
            if (FlameGraphSvg.Save(_target, _graph, new FlameGraphOptions { Title = Title, Width = Width, IsIcicle = Icicle }, _stop.Token) is > 0 and var omitted)
            {
                WriteVerbose($"{omitted} frames are too narrow to be drawn; they are counted in those below them.");
            }
        }
        catch (OperationCanceledException)
        {
            throw new PipelineStoppedException();
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            ThrowTerminatingError(CommandErrors.OutputFailed(cause, Asked));
            throw;
        }

        if (PassThru)
        {
            // As the provider has it, with what its views show besides.
            WriteObject(InvokeProvider.Item.Get([_target], force: true, literalPath: true), enumerateCollection: true);
        }
    }
}
