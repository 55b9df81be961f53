using KernelDebug.Records;
using KernelDebug.Symbolization;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Symbolization;

/// <summary>A file that cannot be used is passed over for the next of its name.</summary>
public class DamagedCandidateTests
{
    [Fact]
    public void ModuleWithDamagedDebugInfo_IsPassedOverForASoundOne()
    {
        string directory = Directory.CreateTempSubdirectory("modules-").FullName;
        try
        {
            const ulong Compressed = 0x800;
            var damaged = new ElfBuilder(type: 1);
            damaged.Add(".debug_info", new ByteWriter().U32(1).U32(0).U64(64).U64(1).Raw(1, 2, 3, 4).ToArray(), flags: Compressed);
            Put("a", damaged.Build());
            var sound = new ElfBuilder();
            sound.AddSymbol("f", 0x1000, 0x20, 1);
            sound.AddSymbol("end", 0x1020, 0xe0, 1);
            Put("b", new DwarfBuilder().AddFunction("f", 0x1000, 0x20).End().Build(sound));
            var told = new List<Diagnostic>();
            using var symbolizer = new KernelSymbolizer(new SymbolizerOptions { ModulePaths = [directory], Root = directory }, told.Add);

            SymbolLocation place = symbolizer.Resolve(
                new SymbolReference { Start = 0, Length = 1, Symbol = "f", Offset = 0x10, Size = 0x20, Module = "x" }, isExact: true);

            Assert.Equal(11, place.Line);
            Diagnostic unusable = Assert.Single(told, diagnostic => diagnostic.Id == "FileUnusable");
            Assert.EndsWith("a/x.ko", unusable.Target, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }

        void Put(string place, byte[] file)
        {
            Directory.CreateDirectory(Path.Combine(directory, place));
            File.WriteAllBytes(Path.Combine(directory, place, "x.ko"), file);
        }
    }
}
