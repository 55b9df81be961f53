using System.Globalization;
using KernelDebug.Disassembly;
using KernelDebug.Records;

namespace KernelDebug.Triage;

/// <summary>A register and its value.</summary>
internal readonly record struct NamedRegister(string Name, ulong Value);

/// <summary>A report as the rules of <see cref="Diagnoses"/> look at it.</summary>
internal sealed class CrashEvidence
{
    // No line of the kernel's is longer (LOG_LINE_MAX, kernel/printk/printk.c).
    private const int MaxLine = 1024;

    // Queries over values are compiled when they first run, which costs each session more than all its reports do: hence the loops.
    private readonly NamedRegister[] _general;
    private OperandBase? _operand;
    private bool _operandRead;

    public CrashEvidence(PanicTrace report)
    {
        Report = report;
        Machine = Machines.Of(report);
        Is64Bit = Machines.Is64Bit(Machine, report);
        string[] names = [.. report.Registers.Keys.Where(name => Machines.IsGeneral(Machine, name))];
        Array.Sort(names, StringComparer.Ordinal);
        _general = new NamedRegister[names.Length];
        for (int i = 0; i < names.Length; i++)
        {
            _general[i] = new NamedRegister(names[i], report.Registers[names[i]]);
        }
    }

    public PanicTrace Report { get; }
    public Machine Machine { get; }
    public bool Is64Bit { get; }
    /// <summary>The registers that code computes with, by name.</summary>
    public IReadOnlyList<NamedRegister> General => _general;
    /// <summary>The address whose access the processor refused; null where the report is of none.</summary>
    public ulong? FaultAddress => Report.FaultAddress;
    /// <summary>The register that the faulting instruction took its address from; null where that is not certain.</summary>
    public OperandBase? Operand
    {
        get
        {
            if (!_operandRead)
            {
                _operandRead = true;
                _operand = Machine == Machine.X64 && FaultAddress is { } address && Report.Code is { } code ? FaultingOperand.Find(code, Report.Registers, address) : null;
            }

            return _operand;
        }
    }

    /// <summary>True where the processor refused an access or a jump.</summary>
    public bool IsFault => FaultAddresses.IsAccess(Report.Kind) || Report.Kind is PanicKind.StackSegment or PanicKind.Oops;

    /// <summary>Bits of an address that the processor translates, on x86-64.</summary>
    private int AddressBits => Report.Registers.TryGetValue("CR4", out ulong cr4) && (cr4 & (1 << 12)) != 0 ? 57 : 48;

    /// <summary>The function that stopped, without suffix; null where none.</summary>
    public string? StoppedIn => Report.InstructionPointer?.Symbol is { } symbol ? FunctionName.WithoutSuffix(symbol) : null;

    /// <summary>True where x86-64 refuses the address whatever the page tables say.</summary>
    public bool IsNonCanonical(ulong value)
    {
        ulong top = value >> (AddressBits - 1);
        return Machine == Machine.X64 && top != 0 && top != ulong.MaxValue >> (AddressBits - 1);
    }

    /// <summary>The rest of the first line that has a phrase, from the phrase on; null where none has.</summary>
    public string? Line(string phrase)
    {
        int at = Report.RawText.IndexOf(phrase, StringComparison.Ordinal);
        if (at < 0)
        {
            return null;
        }
        ReadOnlySpan<char> rest = Report.RawText.AsSpan(at);
        rest = rest[..Math.Min(rest.Length, MaxLine)];
        int end = rest.IndexOf('\n');
        return rest[..(end < 0 ? rest.Length : end)].TrimEnd("\r ").ToString();
    }

    /// <summary><c>RAX, RBX</c>: the general registers whose value passes; null where none does.</summary>
    public string? Holding(Func<ulong, bool> test)
    {
        string? names = null;
        foreach (NamedRegister register in _general)
        {
            if (test(register.Value))
            {
                names = names is null ? register.Name : $"{names}, {register.Name}";
            }
        }

        return names;
    }

    /// <summary>A whole number at the start of a text; null where there is none.</summary>
    public static long? Number(ReadOnlySpan<char> text)
    {
        int end = 0;
        while (end < text.Length && char.IsAsciiDigit(text[end]))
        {
            end++;
        }
        return long.TryParse(text[..end], NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : null;
    }

    /// <summary>The number behind a mark; null where the mark is not there.</summary>
    public static long? NumberAfter(string text, string mark) =>
        text.IndexOf(mark, StringComparison.Ordinal) is >= 0 and var at ? Number(text.AsSpan(at + mark.Length)) : null;
}
