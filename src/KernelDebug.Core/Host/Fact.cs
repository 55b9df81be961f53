namespace KernelDebug.Host;

/// <summary>Makes facts.</summary>
public static class Fact
{
    /// <summary>An answer.</summary>
    public static Fact<T> Of<T>(T value) => new(value, null);

    /// <summary>No answer.</summary>
    public static Fact<T> Unknown<T>(string why) => new(default, why);
}

/// <summary>Something a machine was asked for: its answer, or why there is none. Not knowing is no answer, and never "no".</summary>
/// <typeparam name="T">What the answer is.</typeparam>
public readonly record struct Fact<T>
{
    internal Fact(T? value, string? whyUnknown)
    {
        Value = value;
        WhyUnknown = whyUnknown;
    }

    /// <summary>The answer; the type's default where it is not known.</summary>
    public T? Value { get; }

    /// <summary>Why it is not known, with the file that would have told; null where it is.</summary>
    public string? WhyUnknown { get; }

    /// <summary>True where there is an answer.</summary>
    public bool IsKnown => WhyUnknown is null;

    /// <summary>The answer as another.</summary>
    public Fact<TOther> Then<TOther>(Func<T, Fact<TOther>> next) => IsKnown ? next(Value!) : Fact.Unknown<TOther>(WhyUnknown!);

    /// <summary>The answer, or <c>unknown: </c> and why.</summary>
    public override string ToString() => IsKnown ? $"{Value}" : $"unknown: {WhyUnknown}";
}
