namespace KernelDebug.Symbolization;

/// <summary>What is known of the build a file must be of.</summary>
/// <param name="Release">The kernel release; null where not known.</param>
/// <param name="Version">What a log prints behind the release, <c>#1  Debian 6.1.192-2</c>; null where not known.</param>
/// <param name="BuildId">The file's build-id in lower-case hex; null where not known.</param>
internal sealed record WantedBuild(string? Release, string? Version, string? BuildId)
{
    /// <summary>How a file is of another build; null where it is not, or neither says.</summary>
    public string? Disagreement(KernelObject file)
    {
        if (BuildId is not null && file.BuildId is not null)
        {
            return BuildId == file.BuildId ? null : $"has build-id {file.BuildId}, not {BuildId}";
        }

        return Release is not null && file.Release is { } own && own != Release ? $"is of release {own}, not {Release}"
            : Version is not null && file.Banner is { } banner ? KernelBanner.Disagreement(banner, Version)
            : null;
    }
}
