using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using KernelDebug.Dwarf;
using KernelDebug.Elf;

namespace KernelDebug.Differential;

/// <summary>One frame as a tool prints it: "?" and 0 for what it does not know.</summary>
internal readonly record struct ToolFrame(string Function, string File, int Line, int Column);

/// <summary>Asks other symbolizers.</summary>
internal static partial class Tool
{
    /// <summary>A command line holds this many addresses.</summary>
    private const int AddressesAtOnce = 1000;

    [GeneratedRegex(@"^(?<file>.*?):(?<line>\d+|\?)(:(?<column>\d+))?( \(discriminator \d+\))?$")]
    private static partial Regex Place { get; }

    [GeneratedRegex(@"^0x[0-9a-f]+$")]
    private static partial Regex AddressLine { get; }

    public static List<ToolFrame[]> LlvmSymbolizer(string file, IEnumerable<ulong> addresses)
    {
        var result = new List<ToolFrame[]>();
        foreach (string line in Run("llvm-symbolizer", ["-e", file, "--output-style=JSON", "--functions=short", "--no-demangle"], addresses.Select(Hex)))
        {
            using JsonDocument answer = JsonDocument.Parse(line);
            JsonElement one = answer.RootElement.ValueKind == JsonValueKind.Array ? answer.RootElement[0] : answer.RootElement;
            result.Add([.. one.GetProperty("Symbol").EnumerateArray().Select(f => new ToolFrame(
                Known(f.GetProperty("FunctionName").GetString()), Normal(f.GetProperty("FileName").GetString()), f.GetProperty("Line").GetInt32(), f.GetProperty("Column").GetInt32()))]);
        }

        return result;
    }

    /// <summary>
    /// The binutils program that knows the machine: one of x86 does not read another's files (Debian: binutils-aarch64-linux-gnu and
    /// its like).
    /// </summary>
    public static string Binutils(string program, ElfFile file) => file.Machine switch
    {
        ElfMachine.AArch64 => "aarch64-linux-gnu-",
        ElfMachine.RiscV => "riscv64-linux-gnu-",
        ElfMachine.S390 => "s390x-linux-gnu-",
        ElfMachine.PowerPc64 => file.IsBigEndian ? "powerpc64-linux-gnu-" : "powerpc64le-linux-gnu-",
        _ => "",
    } + program;

    /// <summary>addr2line or eu-addr2line.</summary>
    public static List<ToolFrame[]> Addr2Line(string program, string file, IReadOnlyList<ulong> addresses)
    {
        var result = new List<ToolFrame[]>();
        for (int start = 0; start < addresses.Count; start += AddressesAtOnce)
        {
            var frames = new List<ToolFrame>();
            string? function = null;
            foreach (string line in Run(program, ["-afi", "-e", file, .. addresses.Skip(start).Take(AddressesAtOnce).Select(Hex)], []).Append("0x0"))
            {
                if (AddressLine.IsMatch(line))
                {
                    if (frames.Count > 0)
                    {
                        result.Add([.. frames]);
                    }

                    frames.Clear();
                    function = null;
                }
                else if (function is null)
                {
                    function = line.Split(" inlined at ")[0];
                }
                else
                {
                    Match place = Place.Match(line);
                    _ = int.TryParse(place.Groups["line"].ValueSpan, CultureInfo.InvariantCulture, out int number);
                    _ = int.TryParse(place.Groups["column"].ValueSpan, CultureInfo.InvariantCulture, out int column);
                    frames.Add(new ToolFrame(Known(function), Normal(place.Groups["file"].Value), number, column));
                    function = null;
                }
            }
        }

        return result;
    }

    public static List<string> Run(string program, IEnumerable<string> arguments, IEnumerable<string> input)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"cannot start {program}");
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        var writer = new Thread(() =>
        {
            foreach (string line in input)
            {
                process.StandardInput.WriteLine(line);
            }

            process.StandardInput.Close();
        });
        writer.Start();
        var lines = new List<string>();
        while (process.StandardOutput.ReadLine() is { } line)
        {
            lines.Add(line);
        }

        writer.Join();
        process.WaitForExit();
        return lines;
    }

    private static string Hex(ulong address) => string.Create(CultureInfo.InvariantCulture, $"0x{address:x}");

    private static string Known(string? name) => string.IsNullOrEmpty(name) || name == "??" ? "?" : name;

    private static string Normal(string? path) => string.IsNullOrEmpty(path) || path == "??" ? "?" : SourcePath.Normalize(path);
}
