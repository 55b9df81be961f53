using KernelDebug.Decoding;
using KernelDebug.Formatting;
using KernelDebug.Records;
using KernelDebug.Symbolization;

namespace KernelDebug.Kdecode;

/// <summary>The command line: decode_stacktrace.sh's own, and long options of ours before it.</summary>
internal sealed record Arguments(DecodeOptions Options, bool ShowsHelp, bool ShowsVersion, bool IsVerbose)
{
    public const string Usage = """
        Usage:
        	kdecode [options] [-R] -r <release>
        	kdecode [options] [-R] [<vmlinux> [<base_path>|auto [<modules_path>]]]
        	kdecode -h
        Reads a kernel log from standard input and writes it with source places.
        Options:
          -R                      decode return address instead of caller address
          -r <release>            find the vmlinux of this release
          --functions             name the function of each place
          --syntax att|intel      syntax of disassembled code
          --modules <path>        a module file, a directory of them or a bundle; may be repeated
          --kaslr-offset <hex>    where the kernel was loaded, for bare addresses
          --force                 use files whose build-id or release is not the log's
          --verbose               say where files are looked for
          --version               print the version
          -h, --help              print this
        Without <vmlinux> and -r it is found by the release and the build-id in the log.
        <vmlinux> may be a symbol bundle (.gsym), which may have the modules too.
        """;

    /// <exception cref="FormatException">The arguments are not usable; the message says why.</exception>
    public static Arguments Parse(string[] words)
    {
        var parsed = new Arguments(new DecodeOptions { Layout = LineLayout.Script }, false, false, false);
        var symbols = new SymbolizerOptions();
        var modules = new List<string>();
        var positions = new List<string>();
        string Value(ref int i) => ++i < words.Length ? words[i] : throw new FormatException($"{words[i - 1]} needs a value");
        for (int i = 0; i < words.Length; i++)
        {
            switch (words[i])
            {
                case "-h" or "--help":
                    return parsed with { ShowsHelp = true };
                case "--version":
                    return parsed with { ShowsVersion = true };
                case "-R":
                    symbols = symbols with { DecodeReturnAddress = true };
                    break;
                case "-r":
                    symbols = symbols with { Release = Value(ref i) };
                    break;
                case "--functions":
                    parsed = parsed with { Options = parsed.Options with { Layout = LineLayout.ScriptWithFunctions } };
                    break;
                case "--syntax":
                    parsed = parsed with { Options = parsed.Options with { Syntax = Syntax(Value(ref i)) } };
                    break;
                case "--modules":
                    modules.Add(Existing(Value(ref i)));
                    break;
                case "--kaslr-offset":
                    symbols = symbols with { KaslrOffset = Hex(Value(ref i)) };
                    break;
                case "--force":
                    symbols = symbols with { Force = true };
                    break;
                case "--verbose":
                    parsed = parsed with { IsVerbose = true };
                    break;
                case ['-', _, ..]:
                    throw new FormatException($"{words[i]} is not an option");
                default:
                    positions.Add(words[i]);
                    break;
            }
        }

        if (positions.Count > (symbols.Release is null ? 3 : 0))
        {
            throw new FormatException($"{positions[^1]} is one argument too many");
        }

        if (positions.Count > 2 && positions[2].Length > 0)
        {
            modules.Add(Existing(positions[2]));
        }

        return parsed with
        {
            Options = parsed.Options with
            {
                Symbols = symbols with
                {
                    Vmlinux = positions.Count > 0 && positions[0].Length > 0 ? positions[0] : null,
                    BasePath = positions.Count > 1 && positions[1] is not ("auto" or "") ? positions[1] : null,
                    ModulePaths = modules,
                },
            },
        };
    }

    private static string Existing(string path) =>
        Path.Exists(path) ? path : throw new FormatException($"{path} does not exist; expected a module file or a directory of them");

    private static AssemblySyntax Syntax(string word) => word switch
    {
        "att" => AssemblySyntax.Att,
        "intel" => AssemblySyntax.Intel,
        _ => throw new FormatException($"{word} is not a syntax; expected att or intel"),
    };

    private static ulong Hex(string word)
    {
        ReadOnlySpan<char> digits = word.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? word.AsSpan(2) : default;
        return ulong.TryParse(digits, System.Globalization.NumberStyles.AllowHexSpecifier, null, out ulong value)
            ? value
            : throw new FormatException($"{word} is not an offset; expected hexadecimal, such as 0x23a00000");
    }
}
