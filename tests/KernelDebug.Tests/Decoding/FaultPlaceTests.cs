using KernelDebug.Decoding;
using KernelDebug.Records;
using KernelDebug.Symbolization;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Decoding;

/// <summary>Which lines of a log belong to the place of a fault. The made vmlinux has f at 0x1000, a line each 16 bytes from 10 on.</summary>
public class FaultPlaceTests
{
    [Fact]
    public void FirstFrameBehindALinkRegister_RepeatsTheFaultExactly()
    {
        // arm64: the registers stand between the pointer and the trace, whose first frame is the fault itself (arch/arm64/kernel/stacktrace.c).
        SymbolLocation[] places = Decode("pc : f+0x10/0x20", "lr : g+0x10/0x20", "Call trace:", " f+0x10/0x20", " f+0x10/0x20")
            .SelectMany(line => line.Locations).ToArray();

        Assert.Equal([(11, true), (12, false), (11, true), (10, false)], places.Select(place => (place.Line!.Value, place.IsExact)));
    }

    [Fact]
    public void CodeWithoutAPointerOfItsOwn_HasNoFunction()
    {
        const string Code = "Code: 00 00 00 00 00 00 00 00 <00> 00 00 00 00 00 00 00";

        DecodedLine[] lines = Decode("RIP: 0010:f+0x10/0x20", Code, "RIP: 0010:f+0x", Code);

        Assert.Equal("f", lines[1].Disassembly!.Function!.Symbol);
        Assert.Null(lines[3].Disassembly!.Function);
    }

    private static DecodedLine[] Decode(params string[] log)
    {
        string path = Path.GetTempFileName();
        try
        {
            var elf = new ElfBuilder();
            elf.AddSymbol("f", 0x1000, 0x20, 1);
            elf.AddSymbol("g", 0x1020, 0x20, 1);
            elf.AddSymbol("end", 0x1040, 0xc0, 1);
            File.WriteAllBytes(path, new DwarfBuilder().AddFunction("f", 0x1000, 0x20).End().AddFunction("g", 0x1020, 0x20).End().Build(elf));
            using var decoder = new LogDecoder(new DecodeOptions { Symbols = new SymbolizerOptions { Vmlinux = path } }, _ => { });
            return [.. log.SelectMany(decoder.Add), .. decoder.Complete()];
        }
        finally
        {
            File.Delete(path);
        }
    }
}
