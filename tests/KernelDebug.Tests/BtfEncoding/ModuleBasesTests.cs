using KernelDebug.Btf;
using KernelDebug.BtfEncoding;
using KernelDebug.Elf;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.BtfEncoding;

/// <summary>Whose types a module's continue where nobody says: what a made-up machine has decides.</summary>
public sealed class ModuleBasesTests : IDisposable
{
    private const string Release = "6.1.0-56-amd64";
    private readonly string _root = Directory.CreateTempSubdirectory("bases").FullName;
    private readonly List<string> _told = [];

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void The_release_is_the_modules_word()
    {
        // modinfo -F vermagic gtpsim-stripped.ko: "6.1.0-56-amd64 SMP preempt mod_unload modversions"
        using ElfFile module = ElfFile.Open(FixtureFiles.Path("gtpsim/gtpsim-stripped.ko"));
        using ElfFile plain = ElfFile.Open(FixtureFiles.Path("btfencoding/second.o"));
        Assert.Equal(Release, ModuleBases.ReleaseOf(module));
        Assert.Null(ModuleBases.ReleaseOf(plain));
    }

    [Theory]
    [InlineData(Release, "/sys/kernel/btf/vmlinux")]
    [InlineData("6.1.0-57-amd64", "/usr/lib/debug/boot/vmlinux-" + Release)]
    public void The_running_kernels_types_are_for_its_own_modules(string running, string expected)
    {
        Run(running);
        Put("usr/lib/debug/boot/vmlinux-" + Release, "btf/bpf.o");
        using var bases = new ModuleBases(_told.Add, _root);
        BtfFile? found = bases.Find(Release);
        Assert.Equal(_root + expected, found?.Path);
        Assert.Same(found, bases.Find(Release));
        Assert.Empty(_told);
    }

    [Fact]
    public void What_has_no_types_or_is_of_another_release_is_told_and_passed_over()
    {
        Run("6.1.0-57-amd64");
        Put("boot/vmlinux-" + Release, "btfencoding/first.o");
        Put("boot/vmlinux-" + Release + ".debug", "btf/module.btf");
        Put($"usr/lib/debug/boot/vmlinux-{Release}", "btf/bpf.o");
        using var bases = new ModuleBases(_told.Add, _root);
        Assert.Equal($"{_root}/usr/lib/debug/boot/vmlinux-{Release}", bases.Find(Release)?.Path);
        Assert.Equal(2, _told.Count);
        Assert.Contains("expected a section .BTF", _told[0], StringComparison.Ordinal);

        Put("boot/vmlinux-9.9.9", "gtpsim/gtpsim-stripped.ko");
        Assert.Null(bases.Find("9.9.9"));
    }

    [Theory]
    [InlineData("5.10.0-1-amd64")]
    [InlineData("../../../etc")]
    public void Nothing_is_found_for_a_release_that_is_not_here(string release)
    {
        Run("6.1.0-57-amd64");
        using var bases = new ModuleBases(_told.Add, _root);
        Assert.Null(bases.Find(release));
        Assert.Empty(_told);
    }

    private void Run(string release)
    {
        Put("sys/kernel/btf/vmlinux", "btf/shapes.btf");
        Write("proc/sys/kernel/osrelease", release + "\n");
        Write("proc/sys/kernel/version", "#1 SMP\n");
        Write("sys/kernel/notes", "");
    }

    private void Put(string place, string fixture)
    {
        string path = Prepare(place);
        File.Copy(FixtureFiles.Path(fixture), path);
    }

    private void Write(string place, string text) => File.WriteAllText(Prepare(place), text);

    private string Prepare(string place)
    {
        string path = Path.Combine(_root, place);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return path;
    }
}
