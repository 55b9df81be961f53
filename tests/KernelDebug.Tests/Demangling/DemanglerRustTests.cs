using KernelDebug.Demangling;
using Xunit;

namespace KernelDebug.Tests.Demangling;

/// <summary>Rust names, v0 and legacy: what the common tools do not know, and hostile ones.</summary>
public class DemanglerRustTests
{
    // Names rustc 1.95 gave to constants of other types; the answers are those of rustc-demangle 0.1.27, the only other tool that has them.
    [Theory]
    [InlineData("_RINvCs5twywQkEBMf_1v1mKVNtNtB2_4Mode3CfgS1ab1_1bRe782079_EEB2_", "v::m::<{v::Mode::Cfg { a: true, b: \"x y\" }}>")]
    [InlineData("_RINvCs5twywQkEBMf_1v1mKVNtNtB2_4Mode4FastUEB2_", "v::m::<{v::Mode::Fast}>")]
    [InlineData("_RINvCs5twywQkEBMf_1v1mKVNtNtB2_4Mode4SlowTh7_EEB2_", "v::m::<{v::Mode::Slow(7)}>")]
    [InlineData("_RINvCs5twywQkEBMf_1v1pKVNtB2_5PointS1xln1_1yl2_EEB2_", "v::p::<{v::Point { x: -1, y: 2 }}>")]
    [InlineData("_RINvCs5twywQkEBMf_1v1qKVNtB2_4PairTh1_c22_EEB2_", "v::q::<{v::Pair(1, '\"')}>")]
    [InlineData("_RINvCs5twywQkEBMf_1v1sKRe616263_EB2_", "v::s::<\"abc\">")]
    [InlineData("_RINvCs5twywQkEBMf_1v1sKRe7122275c0a007fc3a9f09fa680cc81_EB2_", "v::s::<\"q\\\"'\\\\\\n\\0\\u{7f}é🦀\\u{301}\">")]
    [InlineData("_RINvCs5twywQkEBMf_1v1sKRe_EB2_", "v::s::<\"\">")]
    [InlineData("_RINvCs5twywQkEBMf_1v3arrKAh1_h2_h3_EEB2_", "v::arr::<{[1, 2, 3]}>")]
    [InlineData("_RINvCs5twywQkEBMf_1v3oneKTh1_EEB2_", "v::one::<{(1,)}>")]
    [InlineData("_RINvCs5twywQkEBMf_1v3tupKTh1_b1_EEB2_", "v::tup::<{(1, true)}>")]
    [InlineData("_RINvCs5twywQkEBMf_1v4unitKTEEB2_", "v::unit::<{()}>")]
    [InlineData("_RINvCs5twywQkEBMf_1v5sliceKRAEEB2_", "v::slice::<{&[]}>")]
    [InlineData("_RINvCs5twywQkEBMf_1v5sliceKRAh1_h2_EEB2_", "v::slice::<{&[1, 2]}>")]
    [InlineData("_RINvCs5twywQkEBMf_1v1tWmRm1_m9_EB2_", "v::t::<u32 is 1..=9>")]
    [InlineData("_RMC0WmORm1_m2_Rm5_m6_E", "<u32 is 1..=2 | 5..=6>")]
    [InlineData("_RMC0DNtC5krate5Traitp1NKj0_EL_", "<dyn krate::Trait<N = 0>>")]
    [InlineData("_RIC0Ke616263_E", "::<{*\"abc\"}>")]
    [InlineData("_RIC0KRRRe_E", "::<{&&\"\"}>")]
    [InlineData("_RIC0KQAEE", "::<{&mut []}>")]
    public void Constants_and_patterns_equal_rustc_demangle(string mangled, string expected) =>
        Assert.Equal(expected, Demangler.TryDemangle(mangled));

    [Theory]
    [InlineData("_RINvC1v1cKc27_E", "v::c::<'\\''>")]
    [InlineData("_RINvC1v1cKc22_E", "v::c::<'\"'>")]
    [InlineData("_RINvC1v1cKc202e_E", "v::c::<'\\u{202e}'>")]
    [InlineData("_RINvC1v1uKoffffffffffffffffffffffffffffffff_E", "v::u::<0xffffffffffffffffffffffffffffffff>")]
    [InlineData("_RINvC1v1nKnn80000000000000000000000000000000_E", "v::n::<-0x80000000000000000000000000000000>")]
    [InlineData("_RINvC1v1iKxn8000000000000000_E", "v::i::<-9223372036854775808>")]
    public void Constants_that_some_tools_garble_equal_llvm(string mangled, string expected) =>
        Assert.Equal(expected, Demangler.TryDemangle(mangled));

    [Theory]
    [InlineData("_RNvC6_123foo3bar", "123foo::bar")]
    [InlineData("_RNvC3foo3__ab", "foo::_ab")]
    [InlineData("_RNCNvC3foo3bars_0", "foo::bar::{closure#1}")]
    [InlineData("_RNSNvC3foo3bar6vtable", "foo::bar::{shim:vtable#0}")]
    [InlineData("_RNvC3foo3barC5crate", "foo::bar")]
    public void Names_of_each_kind(string mangled, string expected) => Assert.Equal(expected, Demangler.TryDemangle(mangled));

    [Fact]
    public void Punycode_that_hides_a_direction_override_stays_encoded()
    {
        // RFC 3492 has zvg for U+202E and tda for ü.
        Assert.Equal("foo::ü", Demangler.TryDemangle("_RNvC3foou3tda"));
        Assert.Equal("foo::punycode{zvg}", Demangler.TryDemangle("_RNvC3foou3zvg"));
    }

    [Theory]
    [InlineData("_ZN49_$LT$$RF$drv..Dev$u20$as$u20$core..fmt..Debug$GT$3fmt17h0123456789abcdefE", "<&drv::Dev as core::fmt::Debug>::fmt")]
    [InlineData("_ZN4core3ptr42drop_in_place$LT$alloc..string..String$GT$17h0123456789abcdefE",
        "core::ptr::drop_in_place<alloc::string::String>")]
    [InlineData("_ZN1v2go28_$u7b$$u7b$closure$u7d$$u7d$17h0123456789abcdefE", "v::go::{{closure}}")]
    [InlineData("_ZN8foo$bar$3baz17h0123456789abcdefE", "foo$bar$::baz")]
    [InlineData("_ZN1v12gr$uf6$$u7f$1e17h0123456789abcdefE", "v::grö$u7f$::e")]
    public void Legacy_escapes(string mangled, string expected) => Assert.Equal(expected, Demangler.TryDemangle(mangled));

    [Theory]
    [InlineData("_ZN3foo3bar17h0123456789abcdeE")]
    [InlineData("_ZN3foo3bar17h0123456789abcdef")]
    [InlineData("_ZN99999999999999999999foo17h0123456789abcdefE")]
    [InlineData("_ZN3f\u001bo17h0123456789abcdefE.\u001b[2J")]
    public void Damaged_legacy_name_is_left_alone(string mangled) => Assert.Null(Demangler.TryDemangle(mangled));

    [Theory]
    [InlineData("_RB_")]
    [InlineData("_RNvB0_3foo")]
    [InlineData("_RIC0B9_E")]
    [InlineData("_RMC0WmORm1_m2_Rm5_m6_")]
    [InlineData("_RIC0Kb2_E")]
    [InlineData("_RIC0Kcd800_E")]
    [InlineData("_RIC0Kc110000_E")]
    [InlineData("_RIC0KReff_E")]
    [InlineData("_RIC0KRe6_E")]
    [InlineData("_RMC0RL1_h")]
    [InlineData("_RMC0FGzzzzzzzzzz_EuB1_")]
    [InlineData("_RMC0FGZZZZZZZZZZZZZZZZZZZ_Eu")]
    [InlineData("_RNvC3foo99999999999999999999bar")]
    [InlineData("_RNvC3foo4bar")]
    [InlineData("_RNvC3foo3bar3baz")]
    [InlineData("_RNvC3foou1_")]
    [InlineData("_RC1\u00fc")]
    public void Damaged_v0_name_is_left_alone(string mangled) => Assert.Null(Demangler.TryDemangle(mangled));

    [Fact]
    public void Depth_is_bounded_and_breadth_is_not_mistaken_for_it()
    {
        Assert.Equal("<" + new string('&', 400) + "u8>", Demangler.TryDemangle("_RMC0" + new string('R', 400) + "h"));
        Assert.Null(Demangler.TryDemangle("_RMC0" + new string('R', 10_000) + "h"));
        Assert.Null(Demangler.TryDemangle("_R" + string.Concat(Enumerable.Repeat("Nv", 5_000)) + "C0"));
        // Hidden in an identifier, reached by a backref.
        Assert.Null(Demangler.TryDemangle($"_RIC10000{new string('R', 10_000)}B4_E"));
        Assert.Equal("::<" + string.Join(", ", Enumerable.Repeat("&_", 1_000)) + ">",
            Demangler.TryDemangle("_RIC0" + string.Concat(Enumerable.Repeat("Rp", 1_000)) + "E"));
    }

    [Theory]
    [InlineData(6)]
    [InlineData(40)]
    public void Backrefs_that_double_are_stopped_by_the_size_of_the_output(int levels)
    {
        // (((..., B), B), B): the n-th backref repeats the n-th tuple from inside.
        string digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
        string mangled = "_RMC0" + new string('T', levels) + "p"
            + string.Concat(Enumerable.Range(0, levels).Select(i => $"B{digits[levels + 2 - i]}_E"));
        string? demangled = Demangler.TryDemangle(mangled);
        if (levels == 6)
        {
            Assert.Equal(64, demangled!.Count(c => c == '_'));
        }
        else
        {
            Assert.Null(demangled);
        }
    }

    [Fact]
    public void A_backref_to_what_holds_it_ends() => Assert.Null(Demangler.TryDemangle("_RMC0TB2_E"));
}
