using KernelDebug.Bpf;
using KernelDebug.IO;

namespace KernelDebug.Fuzz;

/// <summary>
/// A BPF object, to be opened and, where its maps are small, loaded when it is damaged, as Start-BpfTrace does. It is never attached. libbpf
/// reads it too, in this process: what crashes or hangs it must be refused before it sees the file.
/// </summary>
internal sealed class BpfFile(string path) : IFuzzTarget
{
    private const long MostMapBytes = 1 << 20;

    private readonly BpfFields _fields = BpfFields.Of(File.ReadAllBytes(path), path);

    public string Name => Path.GetFileName(path);

    public byte[] Bytes { get; } = File.ReadAllBytes(path);

    /// <summary>Opened, and loaded.</summary>
    public int Questions => 2;

    public byte[] Damage(Random random) => BpfDamage.Damage(_fields, Bytes, random);

    public int Ask(byte[] damaged, Random random)
    {
        string file = Path.Combine(Path.GetTempPath(), $"kerneldebug-fuzz-{Environment.ProcessId}.bpf.o");
        File.WriteAllBytes(file, damaged);
        BpfObject? opened = null;
        try
        {
            return Try(() => opened = BpfObject.Open(file)) ? 1 + (Try(() => Use(opened!)) ? 1 : 0) : 0;
        }
        finally
        {
            opened?.Dispose();
            opened?.Types?.Dispose();
            File.Delete(file);
        }
    }

    private static void Use(BpfObject opened)
    {
        foreach (BpfGlobal global in opened.Globals)
        {
            _ = Try(() => opened.SetGlobal(global.Name, 0));
        }

        foreach (BpfProgram program in opened.Programs)
        {
            program.IsSelected = program.Section.Target is not null;
        }

        if (opened.Maps.All(map => map.MaxEntries <= MostMapBytes && ((long)map.KeySize + map.ValueSize + 64) * map.MaxEntries <= 64 * MostMapBytes))
        {
            opened.Load();
            foreach (BpfGlobal global in opened.Globals)
            {
                _ = Try(() => opened.ReadGlobal(global.Name));
            }
        }

        _ = opened.Maps.Sum(map => $"{map.Name}{map.Type}{map.KeyType}{map.ValueType}".Length);
    }

    /// <summary>False where it was refused, with what is wrong and the next step.</summary>
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
        catch (ArgumentException refused) when (refused is not (ArgumentNullException or ArgumentOutOfRangeException))
        {
            return false;
        }
        catch (BpfException refused)
        {
            return refused.Refusal is { Text.Length: > 0, Remedy.Length: > 0 } ? false : throw new InvalidDataException($"no next step: {refused.Message}", refused);
        }
    }
}
