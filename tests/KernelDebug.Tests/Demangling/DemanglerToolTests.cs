using System.Text.RegularExpressions;
using KernelDebug.Demangling;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Demangling;

/// <summary>Names that compilers made of a source with every shape of name, against c++filt and llvm-cxxfilt.</summary>
public partial class DemanglerToolTests
{
    /// <summary>c++filt writes "> >" as C++ did before 2011, llvm-cxxfilt does not; the fixture has neither.</summary>
    [GeneratedRegex("(?<=>) (?=>)")]
    private static partial Regex BlankBetweenClosings { get; }

    [Theory]
    [InlineData("rust-v0.txt")]
    [InlineData("rust-legacy.txt")]
    [InlineData("cxx.txt")]
    public void NamesReadAsTheToolsReadThem(string list)
    {
        var wrong = new List<string>();
        int count = 0;
        foreach (string line in File.ReadLines(FixtureFiles.Path("demangle/" + list)))
        {
            count++;
            string[] names = line.Split('\t');
            string found = BlankBetweenClosings.Replace(Demangler.TryDemangle(names[0]) ?? names[0], "");
            if (found != names[1])
            {
                wrong.Add($"{names[0]}\n  expected {names[1]}\n  found    {found}");
            }
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {count} differ:\n{string.Join('\n', wrong)}");
    }
}
