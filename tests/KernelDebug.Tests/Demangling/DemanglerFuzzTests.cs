using System.Diagnostics;
using KernelDebug.Demangling;
using Xunit;

namespace KernelDebug.Tests.Demangling;

/// <summary>Damaged names: whatever comes, an answer within bounds or none.</summary>
public class DemanglerFuzzTests
{
    private const int Mutations = 50_000;
    private const string Alphabet = "_RNvIMXYCBTASDFGKLWPQOEUspuneabchijz0123456789$.{\0ü";

    [Fact]
    public void Mutated_names_neither_throw_nor_hang()
    {
        var random = new Random(20260);
        var names = DemanglerFixture.Names;
        var slowest = TimeSpan.Zero;
        int answered = 0;
        for (int i = 0; i < Mutations; i++)
        {
            string mutated = Mutate(names[random.Next(names.Count)].Mangled, names[random.Next(names.Count)].Mangled, random);
            long start = Stopwatch.GetTimestamp();
            string? demangled = Demangler.TryDemangle(mutated);
            TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
            slowest = elapsed > slowest ? elapsed : slowest;
            answered += demangled is null ? 0 : 1;
            Assert.True(demangled is null or { Length: > 0 and <= Demangler.MaxOutputLength }, mutated);
        }

        Assert.True(slowest < TimeSpan.FromSeconds(1), $"slowest took {slowest}");
        Assert.InRange(answered, Mutations / 100, Mutations - (Mutations / 100));
    }

    [Fact]
    public void Every_truncation_is_survived()
    {
        foreach ((string mangled, _) in DemanglerFixture.Names)
        {
            for (int length = 0; length < mangled.Length; length++)
            {
                Assert.True(Demangler.TryDemangle(mangled[..length]) is null or { Length: > 0 }, mangled[..length]);
            }
        }
    }

    private static string Mutate(string name, string other, Random random)
    {
        var text = new List<char>(name);
        for (int edits = random.Next(1, 5); edits > 0; edits--)
        {
            int at = random.Next(2, text.Count + 1);
            switch (random.Next(4))
            {
                case 0:
                    text.Insert(at, Alphabet[random.Next(Alphabet.Length)]);
                    break;
                case 1 when at < text.Count:
                    text.RemoveAt(at);
                    break;
                case 2 when at < text.Count:
                    text[at] = Alphabet[random.Next(Alphabet.Length)];
                    break;
                default:
                    int from = random.Next(other.Length);
                    text.InsertRange(at, other.Substring(from, random.Next(Math.Min(20, other.Length - from) + 1)));
                    break;
            }
        }

        return new string(text.ToArray());
    }
}
