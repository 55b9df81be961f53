namespace KernelDebug.Doctor;

/// <summary>How a check came out.</summary>
public enum HostCheckStatus
{
    /// <summary>There, and usable by this user.</summary>
    Ok,
    /// <summary>Not there.</summary>
    Missing,
    /// <summary>There, and not for this user.</summary>
    Denied,
    /// <summary>It could not be found out.</summary>
    Unknown,
}

/// <summary>Something of a machine that looking into its kernel rests on.</summary>
/// <param name="Name">What.</param>
/// <param name="Status">How it came out.</param>
/// <param name="Detail">What was found, or why it was not.</param>
/// <param name="Enables">What it is needed for.</param>
/// <param name="Remedy">How to get it; null where nothing is missing.</param>
public sealed record HostCheck(string Name, HostCheckStatus Status, string Detail, string Enables, string? Remedy)
{
    /// <summary><c>BTF: Missing, the kernel shows no types</c>.</summary>
    public override string ToString() => $"{Name}: {Status}, {Detail}";
}
