using System.Globalization;

namespace KernelDebug.Formatting;

/// <summary>Histograms and lengths of time as text.</summary>
public static class HistogramFormatter
{
    /// <summary>A full block, and blocks of one eighth to seven.</summary>
    private const char Full = '█';
    private const string Eighths = "▏▎▍▌▋▊▉";

    /// <summary>A length of time in the unit it fits, three digits: <c>840ns</c>, <c>1.24us</c>, <c>12.4ms</c>.</summary>
    public static string Time(TimeSpan time) => Nanoseconds((double)time.Ticks * TimeSpan.NanosecondsPerTick);

    /// <summary>The same of nanoseconds.</summary>
    public static string Nanoseconds(double nanoseconds)
    {
        ReadOnlySpan<string> units = ["ns", "us", "ms", "s"];
        int unit = 0;
        for (; Math.Abs(nanoseconds) >= 999.5 && unit < units.Length - 1; unit++)
        {
            nanoseconds /= 1000;
        }

        string digits = unit == 0 || Math.Abs(nanoseconds) >= 99.95 ? "0" : Math.Abs(nanoseconds) >= 9.995 ? "0.0" : "0.00";
        return nanoseconds.ToString(digits, CultureInfo.InvariantCulture) + units[unit];
    }

    /// <summary>From where to where a bucket goes: <c>512ns .. 1.02us</c>, <c>64 .. 128</c>, <c>below 0</c>. What it ends at is not in it.</summary>
    public static string Range(long start, long end, bool isTime) => start == long.MinValue ? "below 0"
        : end == long.MaxValue ? string.Create(CultureInfo.InvariantCulture, $"{(isTime ? Nanoseconds(start) : start)} ..")
        : isTime
        ? $"{Nanoseconds(start)} .. {Nanoseconds(end)}"
        : string.Create(CultureInfo.InvariantCulture, $"{start} .. {end}");

    /// <summary>A bar of a bucket.</summary>
    /// <param name="count">What it has.</param>
    /// <param name="largest">What the fullest has, whose bar has the whole width.</param>
    /// <param name="width">Columns.</param>
    /// <returns>Empty for nothing; anything else has at least an eighth of a column.</returns>
    public static string Bar(long count, long largest, int width)
    {
        if (count <= 0 || largest <= 0 || width <= 0)
        {
            return "";
        }

        int eighths = Math.Max((int)Math.Round(Math.Min((double)count / largest, 1) * width * (Eighths.Length + 1)), 1);
        (int whole, int part) = Math.DivRem(eighths, Eighths.Length + 1);
        return new string(Full, whole) + (part == 0 ? "" : Eighths[part - 1]);
    }
}
