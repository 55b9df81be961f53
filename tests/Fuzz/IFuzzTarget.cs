namespace KernelDebug.Fuzz;

/// <summary>A file to damage, and what to ask of the damaged copy.</summary>
internal interface IFuzzTarget
{
    /// <summary>The file's name, for reports.</summary>
    string Name { get; }

    /// <summary>The undamaged bytes.</summary>
    byte[] Bytes { get; }

    /// <summary>How many questions <see cref="Ask"/> asks.</summary>
    int Questions { get; }

    /// <summary>Asks all there is to ask; damage may only show as <see cref="IO.BinaryFormatException"/>.</summary>
    /// <returns>How many of the questions were answered, to see that the damage is not always at the door.</returns>
    int Ask(byte[] damaged, Random random);
}
