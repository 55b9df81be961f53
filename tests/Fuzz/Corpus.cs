using KernelDebug.Btf;

namespace KernelDebug.Fuzz;

/// <summary>The files to start from: every ELF fixture that is not compressed as a whole.</summary>
internal static class Corpus
{
    private const int MostBytes = 60_000;

    public static IEnumerable<string> Files()
    {
        string fixtures = Fixtures();
        return ((string[])["dwarf", "elf", "elf/separate/beside"])
            .SelectMany(area => Directory.EnumerateFiles(Path.Combine(fixtures, area)))
            .Where(IsSmallElf)
            .Order(StringComparer.Ordinal);
    }

    /// <summary>The modules compressed as a whole.</summary>
    public static IEnumerable<string> PackedFiles() => Directory
        .EnumerateFiles(Path.Combine(Fixtures(), "elf"), "*.o.*")
        .Where(path => Path.GetExtension(path) is ".xz" or ".zst" or ".gz")
        .Order(StringComparer.Ordinal);

    /// <summary>The logs.</summary>
    public static IEnumerable<string> Logs() => Directory
        .EnumerateFiles(Path.Combine(Fixtures(), "logs"), "*.log", SearchOption.AllDirectories)
        .Order(StringComparer.Ordinal);

    /// <summary>The symbol bundles.</summary>
    public static IEnumerable<string> Bundles() =>
        [Path.Combine(Fixtures(), "gsym", "inline.gsym"), Path.Combine(Fixtures(), "..", "..", "samples", "panic.gsym")];

    /// <summary>The traces.</summary>
    public static IEnumerable<string> Traces() => Directory.EnumerateFiles(Path.Combine(Fixtures(), "trace"), "*.txt").Order(StringComparer.Ordinal);

    /// <summary>Compiled BPF programs.</summary>
    public static IEnumerable<string> BpfObjects() => Directory.EnumerateFiles(Path.Combine(Fixtures(), "bpf"), "*.o").Order(StringComparer.Ordinal)
        .Append(Path.Combine(Fixtures(), "..", "..", "samples", "exec.bpf.o"));

    /// <summary>Objects of either byte order, raw types, and types on a base.</summary>
    public static IEnumerable<BtfBlob> Btf()
    {
        string area = Path.Combine(Fixtures(), "btf");
        var shapes = BtfFile.Open(Path.Combine(area, "shapes.btf"));
        return
        [
            new(Path.Combine(area, "bpf.o")), new(Path.Combine(area, "bpfeb.o")), new(Path.Combine(area, "shapes.btf")),
            new(Path.Combine(area, "module.btf"), shapes),
        ];
    }

    /// <summary>Objects with C's DWARF, alone and on a base.</summary>
    public static IEnumerable<EncodedFile> Encoded()
    {
        string area = Path.Combine(Fixtures(), "btfencoding");
        var first = BtfFile.Open(Path.Combine(area, "first.btf"));
        return
        [
            new(ObjectFile.Open(Path.Combine(area, "first.o"))), new(ObjectFile.Open(Path.Combine(area, "old.o"))), new(ObjectFile.Open(Path.Combine(area, "second.o"))),
            new(ObjectFile.Open(Path.Combine(area, "second.o")), first),
        ];
    }

    private static bool IsSmallElf(string path)
    {
        using FileStream stream = File.OpenRead(path);
        Span<byte> magic = stackalloc byte[4];
        return stream.Length < MostBytes && stream.Read(magic) == 4 && magic.SequenceEqual("\u007fELF"u8);
    }

    private static string Fixtures()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            string path = Path.Combine(at.FullName, "tests", "Fixtures");
            if (Directory.Exists(path))
            {
                return path;
            }
        }

        throw new DirectoryNotFoundException($"no tests/Fixtures above {AppContext.BaseDirectory}");
    }
}
