using KernelDebug.Symbolization;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Symbolization;

/// <summary>What is taken off source paths: nothing but the directory that holds the kernel's sources.</summary>
public sealed class BasePathTests
{
    [Theory]
    [InlineData("/src", "/src/init/main.c", null, "init/main.c")]
    [InlineData("/src", "/src/include/linux/a.h", "/src", "include/linux/a.h")]
    [InlineData("/src/", "/src/init/main.c", null, "init/main.c")]
    [InlineData("/src", "/srcs/init/main.c", null, "/srcs/init/main.c")]
    [InlineData("/src", "/src", null, "/src")]
    [InlineData("/src", "/src/", null, "/src/")]
    [InlineData("/src", "include/a.h", "/src", "include/a.h")]
    [InlineData("debian/build/x", "debian/build/x/mm/slub.c", "debian/build/x", "mm/slub.c")]
    // Assembler units of the same build keep the whole path.
    [InlineData("debian/build/x", "/b/linux/debian/build/x/arch/x86/lib/a.S", "/b/linux/debian/build/x", "arch/x86/lib/a.S")]
    [InlineData("debian/build/x", "/b/linux/arch/x86/entry/entry_64.S", "/b/linux/debian/build/x", "arch/x86/entry/entry_64.S")]
    [InlineData("debian/build/x", "/other/a.S", "/b/linux/debian/build/x", "/other/a.S")]
    [InlineData("debian/build/x", "/other/a.S", "/b/linux", "/other/a.S")]
    [InlineData("debian/build/x", "/other/a.S", null, "/other/a.S")]
    [InlineData(null, "/src/init/main.c", "/src", "/src/init/main.c")]
    [InlineData("", "/src/init/main.c", "/src", "/src/init/main.c")]
    public void A_path_becomes(string? directory, string path, string? compilationDirectory, string expected) =>
        Assert.Equal(expected, new BasePath(directory).Strip(path, compilationDirectory));

    [Theory]
    [InlineData("/home/me/linux", "init", "init/main.c")]
    [InlineData("debian/build/build_amd64", "init", "init/main.c")]
    [InlineData("/home/me/build", "/home/me/linux/init", "init/main.c")] // built out of the tree
    [InlineData("/home/me/linux", "lib", "/home/me/linux/lib/main.c")] // not the kernel's own
    public void Without_one_it_is_where_kernel_init_is(string compilationDirectory, string directory, string expected)
    {
        TinyKernel kernel = new TinyKernel().Function("kernel_init", 0x1000, 0x20).Function("f", 0x1020, 0xe0);
        (kernel.Dwarf.CompilationDirectory, kernel.Dwarf.Directory, kernel.Dwarf.FileName) = (compilationDirectory, directory, "main.c");

        var place = DecodedLog.Place(kernel, "RIP: 0010:f+0x10/0xe0");

        Assert.Equal(expected, place.File);
        Assert.EndsWith("/main.c", place.Frames[0].FullPath, StringComparison.Ordinal);
        Assert.StartsWith(directory.StartsWith('/') ? directory : compilationDirectory, place.Frames[0].FullPath, StringComparison.Ordinal);
    }

    [Fact]
    public void One_named_goes_before()
    {
        TinyKernel kernel = new TinyKernel().Function("kernel_init", 0x1000, 0x20).Function("f", 0x1020, 0xe0);
        (kernel.Dwarf.CompilationDirectory, kernel.Dwarf.Directory, kernel.Dwarf.FileName) = ("/home/me/linux", "init", "main.c");

        Assert.Equal("linux/init/main.c", DecodedLog.Place(kernel, "RIP: 0010:f+0x10/0xe0", new() { BasePath = "/home/me" }).File);
        Assert.Equal("/home/me/linux/init/main.c", DecodedLog.Place(kernel, "RIP: 0010:f+0x10/0xe0", new() { BasePath = "/elsewhere" }).File);
    }

    [Fact]
    public void A_kernel_without_kernel_init_keeps_its_paths() =>
        Assert.Equal("/src/lib/a.c", DecodedLog.Place(new TinyKernel().Function("f", 0x1000, 0x100), "RIP: 0010:f+0x10/0x100").File);
}
