using KernelDebug.Elf;
using KernelDebug.IO;
using KernelDebug.Symbolization;

namespace KernelDebug.Fuzz;

/// <summary>A symbol bundle, and what to ask of a damaged copy: of a file, since a bundle is opened by its path.</summary>
internal sealed class SymbolFile(string path) : IFuzzTarget
{
    private const int Functions = 4;

    public string Name => Path.GetFileName(path);

    public byte[] Bytes { get; } = File.ReadAllBytes(path);

    public int Questions => 2 * (2 + Functions);

    public int Ask(byte[] damaged, Random random)
    {
        string file = Path.Combine(Path.GetTempPath(), $"kerneldebug-fuzz-{Environment.ProcessId}-{Environment.CurrentManagedThreadId}.gsym");
        File.WriteAllBytes(file, damaged);
        int answered = 0;
        try
        {
            SymbolBundle? bundle = null;
            if (Try(() => bundle = SymbolBundle.Open(file)))
            {
                answered += AskObject(() => bundle!.OpenVmlinux(), random) + AskObject(() => bundle!.OpenModule("gtpsim"), random);
            }
        }
        finally
        {
            File.Delete(file);
        }

        return answered;
    }

    private static int AskObject(Func<KernelObject?> open, Random random)
    {
        KernelObject? found = null;
        if (!Try(() => found = open()) || found is null)
        {
            return 0;
        }

        using (found)
        {
            int answered = Try(() => _ = found.Release) ? 1 : 0;
            answered += Try(() => _ = found.Symbols.FindCode("kfree")) ? 1 : 0;
            for (int i = 0; i < Functions; i++)
            {
                answered += Try(() => Look(found, random)) ? 1 : 0;
            }

            return answered;
        }
    }

    private static void Look(KernelObject found, Random random)
    {
        CodeAddressIndex symbols = found.Symbols.ByAddress;
        if (symbols.Count > 0)
        {
            _ = found.Find(symbols[random.Next(symbols.Count)].Address + (ulong)random.Next(64));
        }
    }

    private static bool Try(Action question)
    {
        try
        {
            question();
            return true;
        }
        catch (BinaryFormatException)
        {
            return false;
        }
    }
}
