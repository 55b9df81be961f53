using System.Text.RegularExpressions;
using KernelDebug.Records;

namespace KernelDebug.Symbolization;

/// <summary>A distribution's package with debug information or source.</summary>
/// <param name="Distribution">Whose it is.</param>
/// <param name="Name">The package.</param>
/// <param name="Command">What installs it, safe to paste into a shell.</param>
/// <param name="Note">What there is to know about it; null where nothing.</param>
internal sealed record DebugPackage(string Distribution, string Name, string Command, string? Note);

/// <summary>
/// Which package has a kernel's debug information, as far as the kernel's own words tell its distribution: a kernel of one's own has no
/// package, whatever runs on this machine. People paste the command into a shell, and the log it is made from may be hostile: a word that a shell would obey gets into none.
/// </summary>
internal static partial class DebugPackages
{
    private const string Debian = "Debian";
    private const string Ubuntu = "Ubuntu";
    private const string Fedora = "Fedora";
    private const string RedHat = "Red Hat";
    private const string Suse = "SUSE";
    private const string Arch = "Arch Linux";

    /// <summary>The package; null where the distribution is not known, has none, or the words are not safe.</summary>
    /// <param name="kind">What is wanted.</param>
    /// <param name="build">The kernel's release and version; the build-id of the file itself.</param>
    /// <param name="machine">This machine's distribution; null where not known.</param>
    public static DebugPackage? Find(DebugFileKind kind, WantedBuild build, OsRelease? machine)
    {
        if (build.Release is not { } release || !IsPlainWord(release))
        {
            return null;
        }

        string? distribution = DistributionOf(release, build.Version);
        DebugPackage? package = distribution switch
        {
            Debian => OfDebian(kind, release, PackageVersion(build.Version)),
            Ubuntu => OfUbuntu(kind, release),
            Fedora => OfRedHat(Fedora, kind, release),
            RedHat => OfRedHat(RedHat, kind, release),
            Suse => OfSuse(kind, release, build.BuildId),
            Arch => OfArch(kind, release),
            _ => null,
        };
        bool isElsewhere = machine is not null && ((string[])[machine.Id, .. machine.Like]).All(id => DistributionOfId(id) != distribution);
        return package is not null && isElsewhere
            ? package with { Note = $"{(package.Note is null ? "" : package.Note + "; ")}on {distribution}: this machine is {machine!.Name}" }
            : package;
    }

    /// <summary>What to do about a vmlinux that is not here, in one sentence.</summary>
    public static string Remedy(WantedBuild build, OsRelease? machine) => Find(DebugFileKind.Vmlinux, build, machine) is { } package
        ? $"{package.Command}{(package.Note is null ? "" : $" ({package.Note})")}, or name the vmlinux of the build."
        : "Name the vmlinux of the build.";

    /// <summary>True for what a shell takes as one plain word, and a command not as an option.</summary>
    internal static bool IsPlainWord(string text) =>
        text.Length is > 0 and <= 128 && char.IsAsciiLetterOrDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '+' or '~');

    private static string? DistributionOf(string release, string? version) =>
        version is not null && version.Contains("Debian ", StringComparison.Ordinal) ? Debian
        : version is not null && version.Contains("-Ubuntu", StringComparison.Ordinal) ? Ubuntu
        : FedoraRelease.IsMatch(release) ? Fedora
        : RedHatRelease.IsMatch(release) ? RedHat
        : ArchRelease.IsMatch(release) ? Arch
        : SuseRelease.IsMatch(release) ? Suse
        : UbuntuRelease.IsMatch(release) ? Ubuntu
        : DebianRelease.IsMatch(release) ? Debian
        : null;

    private static string? DistributionOfId(string id) => id switch
    {
        "debian" => Debian,
        "ubuntu" => Ubuntu,
        "fedora" => Fedora,
        "rhel" or "centos" or "rocky" or "almalinux" or "ol" => RedHat,
        "suse" or "opensuse" or "sles" or "opensuse-leap" or "opensuse-tumbleweed" => Suse,
        "arch" => Arch,
        _ => null,
    };

    private static DebugPackage OfDebian(DebugFileKind kind, string release, string? version)
    {
        string name = kind == DebugFileKind.Source ? $"linux-source-{Short(release)}" : $"linux-image-{release}-dbg";
        string? note = kind == DebugFileKind.Source ? $"a tar file, /usr/src/linux-source-{Short(release)}.tar.xz, to unpack" : null;
        return new DebugPackage(Debian, name, $"apt-get install {name}{(version is null ? "" : $"={version}")}", note);
    }

    private static DebugPackage OfUbuntu(DebugFileKind kind, string release) => kind == DebugFileKind.Source
        ? new DebugPackage(Ubuntu, $"linux-source-{release.Split('-')[0]}", $"apt-get install linux-source-{release.Split('-')[0]}", "a tar file below /usr/src, to unpack")
        : new DebugPackage(Ubuntu, $"linux-image-{release}-dbgsym", $"apt-get install linux-image-{release}-dbgsym", "from Ubuntu's ddebs archive, which has to be added to apt's sources");

    /// <summary>"5.14.0-427.el9.x86_64+debug" is of the package kernel-debug; the source comes with the debug information.</summary>
    private static DebugPackage OfRedHat(string distribution, DebugFileKind kind, string release)
    {
        string[] parts = release.Split('+', 2);
        string kernel = parts.Length > 1 && parts[1].Length > 0 ? $"kernel-{parts[1]}" : release.Contains("uek", StringComparison.Ordinal) ? "kernel-uek" : "kernel";
        string name = kind == DebugFileKind.Source && parts[0].LastIndexOf('.') is > 0 and var dot
            ? $"{kernel}-debuginfo-common-{parts[0][(dot + 1)..]}-{parts[0]}"
            : $"{kernel}-debuginfo-{parts[0]}";
        string tool = release.Contains(".el7", StringComparison.Ordinal) || release.Contains(".el6", StringComparison.Ordinal) ? "debuginfo-install" : "dnf debuginfo-install";
        return new DebugPackage(distribution, name, $"{tool} {kernel}-{parts[0]}", null);
    }

    /// <summary>zypper finds a package by the build-id that its files have.</summary>
    private static DebugPackage OfSuse(DebugFileKind kind, string release, string? buildId)
    {
        int dash = release.LastIndexOf('-');
        (string version, string flavour) = dash > 0 ? (release[..dash], release[(dash + 1)..]) : (release, "default");
        string package = kind == DebugFileKind.Source ? "kernel-source" : $"kernel-{flavour}-debuginfo";
        string what = kind != DebugFileKind.Source && Debuginfod.DebuginfodArtifact.Normal(buildId) is { } id ? $"-C 'debuginfo(build-id) = {id}'" : package;
        return new DebugPackage(Suse, package, $"zypper --plus-content debug install {what}", $"of version {version}");
    }

    private static DebugPackage? OfArch(DebugFileKind kind, string release)
    {
        string flavour = ArchRelease.Match(release).Groups["flavour"].Value;
        string name = $"linux-{(flavour is "" or "arch" ? "" : flavour + "-")}headers";
        return kind != DebugFileKind.Vmlinux ? null : new DebugPackage(
            Arch, name, $"pacman -S {name}", "its build/vmlinux has symbols; DWARF of its kernels Arch does not package");
    }

    /// <summary>Debian's package version, <c>6.1.192-2</c>, out of what the kernel prints behind its release.</summary>
    private static string? PackageVersion(string? version)
    {
        string[] words = (version ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        int at = Array.LastIndexOf(words, Debian);
        return at >= 0 && at + 1 < words.Length && char.IsAsciiDigit(words[at + 1][0]) && IsPlainWord(words[at + 1]) ? words[at + 1] : null;
    }

    /// <summary>"6.1" of "6.1.0-56-amd64".</summary>
    internal static string Short(string release) => string.Join('.', release.Split('-')[0].Split('.').Take(2));

    [GeneratedRegex(@"\.fc\d+(\.|$)")]
    private static partial Regex FedoraRelease { get; }

    [GeneratedRegex(@"\.(el|amzn)\d+")]
    private static partial Regex RedHatRelease { get; }

    [GeneratedRegex(@"-(?<flavour>arch)\d+-\d+$|-\d+-(?<flavour>lts|zen|hardened|rt)$")]
    private static partial Regex ArchRelease { get; }

    [GeneratedRegex(@"-(default|preempt|kvmsmall|64kb|vanilla)$|-(lp)?15\d{4}\.")]
    private static partial Regex SuseRelease { get; }

    [GeneratedRegex(@"-\d+-(generic|lowlatency|aws|azure|gcp|gke|oracle|kvm|ibm|raspi|nvidia|realtime)(-|$)")]
    private static partial Regex UbuntuRelease { get; }

    [GeneratedRegex(@"-(cloud-|rt-)?(amd64|arm64|armmp|armmp-lpae|686|686-pae|ppc64el|powerpc64le|s390x|riscv64|loong64)$")]
    private static partial Regex DebianRelease { get; }
}
