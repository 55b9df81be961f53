using KernelDebug.IO;

namespace KernelDebug.Btf.CHeader;

/// <summary>
/// What a header may cost: functions whose parameters are functions can refer to each other so that following all of them takes longer
/// than anyone waits.
/// </summary>
internal sealed class WorkLimit(BtfFile file)
{
    private long _steps;
    private long _written;

    /// <summary>Counts a type that is visited.</summary>
    /// <exception cref="BinaryFormatException">There were too many.</exception>
    public void Step()
    {
        if (++_steps > ParserLimits.MaxBtfHeaderSteps)
        {
            throw new BinaryFormatException(file.Path, file.Section, 0, $"expected types that are written in {ParserLimits.MaxBtfHeaderSteps} steps, have some that repeat each other");
        }
    }

    /// <summary>Checks how deep types refer to others.</summary>
    /// <exception cref="BinaryFormatException">Too deep.</exception>
    public void Depth(int depth, uint id)
    {
        if (depth > ParserLimits.MaxBtfHeaderDepth)
        {
            throw file[id].Malformed($"expected types that refer to others at most {ParserLimits.MaxBtfHeaderDepth} deep, have deeper ones");
        }
    }

    /// <summary>Counts characters that left the text being written.</summary>
    public void Flushed(int characters) => _written += characters;

    /// <summary>Checks how much was written, with what the text being written has now.</summary>
    /// <exception cref="BinaryFormatException">Too much.</exception>
    public void Length(int characters)
    {
        if (_written + characters > ParserLimits.MaxBtfHeaderLength)
        {
            throw new BinaryFormatException(file.Path, file.Section, 0, $"expected a header of at most {ParserLimits.MaxBtfHeaderLength} characters, have a longer one");
        }
    }

    /// <summary>Checks how much is to be padded, in bits.</summary>
    /// <exception cref="BinaryFormatException">Too much.</exception>
    public void Gap(long bits)
    {
        if (bits > ParserLimits.MaxBtfHeaderGap)
        {
            throw new BinaryFormatException(file.Path, file.Section, 0, $"expected at most {ParserLimits.MaxBtfHeaderGap} bits between members, have {bits}");
        }
    }
}
