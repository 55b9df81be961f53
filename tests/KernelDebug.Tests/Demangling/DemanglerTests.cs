using KernelDebug.Demangling;
using Xunit;

namespace KernelDebug.Tests.Demangling;

/// <summary>The demangler against two others (tests/Fixtures/demangle/agreed), and its edges by name.</summary>
public class DemanglerTests
{
    [Fact]
    public void Equals_the_names_on_which_cxxfilt_and_llvm_cxxfilt_agree()
    {
        var differences = new List<string>();
        int count = 0;
        foreach ((string mangled, string expected) in DemanglerFixture.Names)
        {
            count++;
            string? actual = Demangler.TryDemangle(mangled);
            if (actual != expected)
            {
                differences.Add($"{mangled}\n  expected {expected}\n  have     {actual}");
            }
        }

        Assert.True(count > 250, $"only {count} names");
        Assert.Empty(differences);
    }

    [Theory]
    [InlineData("")]
    [InlineData("_")]
    [InlineData("_R")]
    [InlineData("_Z")]
    [InlineData("_ZN")]
    [InlineData("main")]
    [InlineData("schedule")]
    [InlineData("i")]
    [InlineData("_RAMOOPS_init")]
    [InlineData("_Zero")]
    [InlineData("__x64_sys_read")]
    [InlineData("schedule.cold")]
    [InlineData("_ZN3fooE\0v")]
    [InlineData("_RNvC3foo3bar\0")]
    public void A_name_that_is_not_mangled_is_left_alone(string name) => Assert.Null(Demangler.TryDemangle(name));

    // What c++filt 2.40 appends to a C++ name.
    [Theory]
    [InlineData("_Z3foov.cold", "foo() [clone .cold]")]
    [InlineData("_Z3foov.isra.0", "foo() [clone .isra.0]")]
    [InlineData("_Z3foov.isra.0.cold", "foo() [clone .isra.0] [clone .cold]")]
    [InlineData("_Z3foov.part.0.constprop.1", "foo() [clone .part.0] [clone .constprop.1]")]
    [InlineData("_Z3foov.llvm.1", "foo() [clone .llvm.1]")]
    [InlineData("_Z3foov.123.456", "foo() [clone .123.456]")]
    public void Clone_suffix_of_a_cxx_name_is_shown(string mangled, string expected) => AssertCxx(expected, mangled);

    // c++filt drops these suffixes and llvm-cxxfilt has them in parentheses: both agree on the name before.
    [Theory]
    [InlineData("_RNvC3foo3bar.cold", "foo::bar [clone .cold]")]
    [InlineData("_RNvC3foo3bar.isra.0.cold", "foo::bar [clone .isra.0] [clone .cold]")]
    [InlineData("_RNvC3foo3bar.0.0", "foo::bar [clone .0.0]")]
    [InlineData("_ZN3foo3bar17h0123456789abcdefE.cold", "foo::bar [clone .cold]")]
    public void Clone_suffix_of_a_Rust_name_is_shown(string mangled, string expected) =>
        Assert.Equal(expected, Demangler.TryDemangle(mangled));

    // rustc-demangle drops them too.
    [Theory]
    [InlineData("_RNvC3foo3bar.llvm.1234567890", "foo::bar")]
    [InlineData("_RC3foo.llvm.9D1C9369@@16", "foo")]
    [InlineData("_RNvC3foo3bar.llvm.12.cold", "foo::bar [clone .cold]")]
    [InlineData("_RNvC3foo3bar.cold.llvm.12", "foo::bar [clone .cold]")]
    [InlineData("_ZN3foo3bar17h0123456789abcdefE.llvm.A5310EB9", "foo::bar")]
    public void ThinLTO_suffix_of_a_Rust_name_is_dropped(string mangled, string expected) =>
        Assert.Equal(expected, Demangler.TryDemangle(mangled));

    [Theory]
    [InlineData("_RNvC3foo3bar@plt")]
    [InlineData("_RNvC3foo3bar.")]
    [InlineData("_RNvC3foo3bar..cold")]
    [InlineData("_RNvC3foo3bar.llvm.")]
    [InlineData("_RNvC3foo3bar x")]
    [InlineData("_RNvC3foo3bar.c\u001b[31m")]
    public void A_tail_that_is_no_clone_suffix_makes_the_name_unknown(string mangled) => Assert.Null(Demangler.TryDemangle(mangled));

    [Fact]
    public void A_cxx_name_that_would_expand_without_end_is_refused()
    {
        // f(pair<A, A>, pair<S1, S1>, pair<S2, S2>, ...): each parameter is twice as long as the one before.
        string mangled = "_Z1f4pairI1AS0_E" + string.Concat(Enumerable.Range(0, 35).Select(i =>
        {
            string index = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[i].ToString();
            return $"S_IS{index}_S{index}_E";
        }));

        Assert.Null(Demangler.TryDemangle(mangled));
        AssertCxx("f(pair<A, A>, pair<A, A>, pair<pair<A, A>, pair<A, A> >)", "_Z1f4pairI1AS0_ES_IS0_S0_ES_IS1_S1_E");
    }

    [Fact]
    public void An_over_long_name_is_refused()
    {
        string body = "_RNvC3foo" + (Demangler.MaxInputLength - 20);
        Assert.NotNull(Demangler.TryDemangle(body + "_" + new string('x', Demangler.MaxInputLength - 20)));
        Assert.Null(Demangler.TryDemangle("_RNvC3foo" + Demangler.MaxInputLength + "_" + new string('x', Demangler.MaxInputLength)));
    }

    private static void AssertCxx(string expected, string mangled)
    {
        string? actual = Demangler.TryDemangle(mangled);
        Assert.SkipWhen(actual is null && Demangler.TryDemangle("_Z1fv") is null, "libstdc++.so.6 is not installed");
        Assert.Equal(expected, actual);
    }
}
