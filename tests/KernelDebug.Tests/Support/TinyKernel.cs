using System.Text;

namespace KernelDebug.Tests.Support;

/// <summary>
/// A vmlinux of 256 bytes of code at 0x1000 with debug information: the line of an address is 10 + (address - 0x1000) / 16 of
/// /src/lib/a.c (<see cref="DwarfBuilder"/>).
/// </summary>
internal sealed class TinyKernel
{
    private readonly DwarfBuilder _dwarf = new();
    private readonly List<(string Name, ulong Address, ulong Size)> _symbols = [];

    public string? Release { get; init; }

    /// <summary>Hexadecimal digits.</summary>
    public string? BuildId { get; init; }

    public DwarfBuilder Dwarf => _dwarf;

    /// <summary>The line the debug information has for an address.</summary>
    public static int LineOf(ulong address) => 10 + (int)((address - DwarfBuilder.CodeStart) / 16);

    /// <summary>A function in the debug information, and its symbol.</summary>
    public TinyKernel Function(string name, ulong address, ulong size)
    {
        _dwarf.AddFunction(name, address, size).End();
        return Symbol(name, address, size);
    }

    public TinyKernel Symbol(string name, ulong address, ulong size)
    {
        _symbols.Add((name, address, size));
        return this;
    }

    public byte[] Build()
    {
        var elf = new ElfBuilder();
        int sections = 0;
        if (Release is not null)
        {
            sections = elf.Add(".rodata", Encoding.UTF8.GetBytes($"Linux version {Release} (builder@host) #1 SMP\n\0"), flags: 2, address: 0x4000);
            elf.AddSymbol("linux_banner", 0x4000, 64, sections, info: 0x11);
        }

        if (BuildId is not null)
        {
            byte[] id = Convert.FromHexString(BuildId);
            sections = elf.Add(".notes", new ByteWriter().U32(4).U32((ulong)id.Length).U32(3).Text("GNU").Raw(id).ToArray(), type: 7);
        }

        foreach ((string name, ulong address, ulong size) in _symbols)
        {
            elf.AddSymbol(name, address, size, sections + 1);
        }

        return _dwarf.Build(elf);
    }
}
