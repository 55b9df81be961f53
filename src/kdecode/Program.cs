using System.Text;
using KernelDebug.Decoding;
using KernelDebug.Disassembly;
using KernelDebug.Formatting;
using KernelDebug.IO;
using KernelDebug.Kdecode;
using KernelDebug.Records;
using Microsoft.Win32.SafeHandles;

const int BadArguments = 1;
const int BadFiles = 2;
const int BrokenPipe = 32; // EPIPE, as the framework hands it on

Arguments arguments;
try
{
    arguments = Arguments.Parse(args);
}
catch (FormatException unusable)
{
    Console.Error.WriteLine($"ERROR! {ControlText.MakeNameVisible(unusable.Message)}");
    Console.Error.WriteLine(Arguments.Usage);
    return BadArguments;
}

if (arguments.ShowsHelp || arguments.ShowsVersion)
{
    Console.Out.WriteLine(arguments.ShowsHelp ? Arguments.Usage : $"kdecode {typeof(LogDecoder).Assembly.GetName().Version?.ToString(3)}");
    return 0;
}

// The disassembler's tables take a tenth of a short run to set up; another processor does it while the files are opened.
new Thread(static () => CodeDisassembler.Disassemble(new CodeBytes { LineNumber = 0, RawText = "", Bytes = [0x0f, 0x0b], FaultIndex = 0 }))
{
    IsBackground = true,
}.Start();
bool hasBadFile = false;
try
{
    using var decoder = new LogDecoder(arguments.Options with { Symbols = arguments.Options.Symbols with { Debuginfod = DownloadLine.Options() } }, Report);
    if (arguments.Options.Symbols.Release is not null && !decoder.HasVmlinux)
    {
        Console.Error.WriteLine(Arguments.Usage);
        return BadFiles;
    }

    Decode(decoder);
}
catch (IOException closed) when (closed.HResult == BrokenPipe)
{
    // Who read the output has enough of it (head, less).
    return 0;
}
catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException or BinaryFormatException or DllNotFoundException)
{
    Console.Error.WriteLine($"ERROR! {ControlText.MakeNameVisible(unusable.Message)}");
    return BadFiles;
}

return hasBadFile ? BadFiles : 0;

void Decode(LogDecoder decoder)
{
    using Stream input = Console.OpenStandardInput();
    using Stream output = OpenOutput();
    var reader = new LineReader(input);
    using var writer = new StreamWriter(output, new UTF8Encoding(false), bufferSize: 1 << 14) { NewLine = "\n" };
    while (reader.ReadLine() is { } line)
    {
        Write(writer, decoder.Add(line));
        if (!reader.HasBufferedLine)
        {
            writer.Flush();
        }
    }

    Write(writer, decoder.Complete());
}

// The console's own stream swallows EPIPE and would go on reading for nobody; a file's position belongs to whoever shares it.
static Stream OpenOutput()
{
    var handle = new SafeFileHandle(1, ownsHandle: false);
    if (handle.IsInvalid)
    {
        return Stream.Null;
    }

    var stream = new FileStream(handle, FileAccess.Write, bufferSize: 0);
    return stream.CanSeek ? Console.OpenStandardOutput() : stream;
}

static void Write(StreamWriter writer, IReadOnlyList<DecodedLine> lines)
{
    foreach (DecodedLine line in lines)
    {
        writer.WriteLine(line.Text);
    }
}

void Report(Diagnostic diagnostic)
{
    hasBadFile |= diagnostic.Severity == DiagnosticSeverity.Error;
    if (diagnostic.Severity == DiagnosticSeverity.Verbose && !arguments.IsVerbose)
    {
        return;
    }

    DownloadLine.End();
    string label = diagnostic.Severity switch { DiagnosticSeverity.Error => "ERROR! ", DiagnosticSeverity.Warning => "WARNING! ", _ => "" };
    string action = diagnostic.RecommendedAction is { } next ? $" {next}" : "";
    Console.Error.WriteLine(ControlText.MakeNameVisible($"{label}{InOwnWords(diagnostic.Message + action)}"));
}

// The engine names the cmdlets' parameters.
static string InOwnWords(string advice) => advice
    .Replace("-ModulePath", "--modules", StringComparison.Ordinal)
    .Replace("-KaslrOffset", "--kaslr-offset", StringComparison.Ordinal)
    .Replace("-Force", "--force", StringComparison.Ordinal)
    .Replace("with -Vmlinux", "as the first argument", StringComparison.Ordinal);
