using KernelDebug.Elf;
using KernelDebug.Symbolization;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Symbolization;

public class PatchableEntryTests
{
    /// <summary>The first eight bytes of kernel_init are NOPs that no unit covers (llvm-dwarfdump: low_pc 8, the symbol's value 0).</summary>
    [Fact]
    public void Auto_looks_behind_the_patchable_entry_of_kernel_init()
    {
        using var file = new KernelObject(ElfFile.Open(FixtureFiles.Path("elf/aarch64-entry-nops.o")), null);
        Assert.Empty(file.Find(file.Symbols.FindCode("kernel_init")[0].Address).Frames);
        Assert.Equal("init/main.c", BasePath.Auto(file).Strip("/usr/src/kd/init/main.c", null));
    }
}
