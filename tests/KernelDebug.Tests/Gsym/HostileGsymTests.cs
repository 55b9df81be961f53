using KernelDebug.Gsym;
using KernelDebug.IO;
using KernelDebug.Symbolization;
using KernelDebug.Tests.Fuzzing;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Gsym;

/// <summary>Files that are cut, damaged, or made to hang or to lead the reader out of its bytes.</summary>
public sealed class HostileGsymTests : IDisposable
{
    private static readonly string _sample = Path.Combine(FixtureFiles.Root, "samples", "panic.gsym");
    private readonly TempTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Theory]
    [InlineData("gsym/inline.gsym")]
    [InlineData("../../samples/panic.gsym")]
    public void A_file_cut_anywhere_is_survived(string fixture)
    {
        byte[] whole = File.ReadAllBytes(FixtureFiles.Path(fixture));
        ulong[] addresses = AddressesOf(whole);
        for (int length = 0; length < whole.Length; length++)
        {
            Ask(whole[..length], addresses, length);
        }
    }

    [Theory]
    [InlineData("gsym/inline.gsym")]
    [InlineData("../../samples/panic.gsym")]
    public void A_damaged_file_is_survived(string fixture)
    {
        byte[] whole = File.ReadAllBytes(FixtureFiles.Path(fixture));
        ulong[] addresses = AddressesOf(whole);
        var mutator = new Mutator(20);
        for (int i = 0; i < 20_000; i++)
        {
            Ask(mutator.Mutate(whole, whole), addresses, i);
        }
    }

    /// <summary>Through the file system, with the directory and the symbol files behind GSYM.</summary>
    [Fact]
    public void A_damaged_bundle_is_survived()
    {
        byte[] whole = File.ReadAllBytes(_sample);
        var mutator = new Mutator(21);
        for (int i = 0; i < 1_000; i++)
        {
            string path = _tree.Put("x.gsym", mutator.Mutate(whole, whole));
            Hostile.Survive(() =>
            {
                SymbolBundle bundle = SymbolBundle.Open(path);
                using KernelObject? vmlinux = bundle.OpenVmlinux();
                using KernelObject? module = bundle.OpenModule("gtpsim");
                foreach (KernelObject one in ((KernelObject?[])[vmlinux, module]).OfType<KernelObject>())
                {
                    _ = one.Release;
                    _ = one.Symbols.FindCode("kfree");
                    _ = one.Find(one.Symbols.ByAddress.Count > 0 ? one.Symbols.ByAddress[0].Address : 0);
                }
            });
        }
    }

    [Fact]
    public void Calls_nested_without_end_are_refused()
    {
        var tree = new ByteWriter();
        for (int i = 0; i < 100_000; i++)
        {
            tree.Uleb(1, 0, 0x40).U8(1).U32(1).Uleb(1, 1);
        }

        Assert.Contains("deep", Refused(tree, 0x1000).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Calls_nested_without_end_beside_the_address_do_not_overflow_the_stack()
    {
        ByteWriter tree = new ByteWriter().Uleb(1, 0, 0x40).U8(1).U32(1).Uleb(0, 0);
        for (int i = 0; i < 1_000_000; i++)
        {
            tree.Uleb(1, 0x20, 1).U8(1).U32(1).Uleb(1, 1);
        }

        Refused(tree, 0x1000);
    }

    [Fact]
    public void More_ranges_than_bytes_are_refused() =>
        Assert.Contains("ranges", Refused(new ByteWriter().Uleb(ulong.MaxValue).U8(0, 0), 0x1000).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(2, -2)]
    [InlineData(-60, 60)]
    public void A_range_of_line_differences_backwards_is_refused_and_any_other_read(int least, int most)
    {
        ByteWriter table = new ByteWriter().U8(least & 0x7f, most & 0x7f).Uleb(10).U8(4, 0);
        if (least > most)
        {
            Assert.Throws<BinaryFormatException>(() => GsymLines.Find(SliceOf(table), 0x1000, 0x1000));
        }
        else
        {
            Assert.Equal(new GsymPlace(1, unchecked((uint)(10 + least))), GsymLines.Find(SliceOf(table), 0x1000, 0x1000));
        }
    }

    private static BinaryFormatException Refused(ByteWriter tree, ulong address)
    {
        BinaryFormatException? refusal = null;
        Hostile.Survive(() => refusal = Assert.Throws<BinaryFormatException>(() => GsymCalls.Find(SliceOf(tree), 0x1000, address)));
        return refusal!;
    }

    private static ByteSlice SliceOf(ByteWriter bytes) => new(ByteSource.FromArray(bytes.ToArray(), "hostile"), "tree", isBigEndian: false);

    private static ulong[] AddressesOf(byte[] whole)
    {
        using GsymFile file = GsymFile.Read(ByteSource.FromArray(whole, "whole"));
        return [.. Enumerable.Range(0, file.Header.Count).Select(i => file.AddressOf(i) + 5)];
    }

    private static void Ask(byte[] bytes, ulong[] addresses, int seed)
    {
        try
        {
            using GsymFile file = GsymFile.Read(ByteSource.FromArray(bytes, "damaged"));
            _ = file.Find(addresses[seed % addresses.Length]);
            _ = file.Find(addresses[seed * 7 % addresses.Length]);
            if (seed % 16 == 0)
            {
                using var symbols = FunctionSymbols.Of(file, "damaged");
                _ = symbols.Symbols.FindCode("main");
            }
        }
        catch (BinaryFormatException)
        {
            // Refusing is one of the two right answers.
        }
    }
}
