using KernelDebug.Bpf.Code;
using KernelDebug.Tracing.Expressions;

namespace KernelDebug.Tracing;

/// <summary>
/// Writes the comparison of a text on the stack with a pattern, without a loop: for each part of the pattern and each place of the text it may
/// begin at, the characters are compared one by one, and the first that differs leads to the next place.
/// </summary>
/// <param name="code">Where it is written.</param>
/// <param name="pattern">The pattern.</param>
/// <param name="at">Where the text is, from the frame's end.</param>
/// <param name="capacity">Characters the text has at most; there is a NUL behind them.</param>
/// <param name="isWhole">False where a text of as many characters may have been cut.</param>
internal sealed class TextMatcher(BpfAssembler code, TextPattern pattern, int at, int capacity, bool isWhole)
{
    private const int CaseBit = 0x20;
    private readonly Dictionary<(int Part, int Place), BpfLabel> _known = [];
    private readonly Queue<(int Part, int Place)> _open = new();

    /// <summary>Writes it; it goes to one of two places.</summary>
    public void Write(BpfLabel yes, BpfLabel no)
    {
        code.GoTo(From(0, 0));
        while (_open.TryDequeue(out (int Part, int Place) here))
        {
            code.Place(_known[here]);
            Write(here.Part, here.Place, yes, no);
        }
    }

    private void Write(int part, int place, BpfLabel yes, BpfLabel no)
    {
        IReadOnlyList<byte?> characters = pattern.Parts[part];
        bool isFirst = part == 0, isLast = part == pattern.Parts.Count - 1;
        int end = place + characters.Count;

        bool isOpen = isLast && !isFirst && characters.Count == 0;
        if (end > capacity)
        {
            code.GoTo(no);
            return;
        }

        if (isOpen)
        {
            // The pattern ends in an asterisk. The other place has to be one that something leads to.
            code.Move(BpfRegister.R0, 1);
            code.GoTo(no, BpfCondition.Equal, BpfRegister.R0, 0);
            code.GoTo(yes);
            return;
        }

        for (int i = 0; i < characters.Count; i++)
        {
            code.Load(BpfWidth.One, BpfRegister.R1, BpfRegister.Frame, at + place + i);
            if (!isFirst || characters[i] is null)
            {
                code.GoTo(no, BpfCondition.Equal, BpfRegister.R1, 0);
            }

            if (characters[i] is not { } wanted)
            {
                continue;
            }

            bool isLetter = char.IsAsciiLetter((char)wanted) && !pattern.IsCaseSensitive;
            if (isLetter)
            {
                code.Apply(BpfOperation.Or, BpfRegister.R1, CaseBit);
            }

            code.GoTo(Differs(), BpfCondition.NotEqual, BpfRegister.R1, isLetter ? wanted | CaseBit : wanted);
        }

        if (!isLast)
        {
            code.GoTo(From(part + 1, end));
            return;
        }

        if (end == capacity && !isWhole)
        {
            code.GoTo(no);
            return;
        }

        code.Load(BpfWidth.One, BpfRegister.R1, BpfRegister.Frame, at + end);
        code.GoTo(Differs(), BpfCondition.NotEqual, BpfRegister.R1, 0);
        code.GoTo(yes);

        // Behind an asterisk, the part may also begin one further on, as long as the text does not end before.
        BpfLabel Differs() => !isFirst && place + 1 + characters.Count <= capacity ? From(part, place + 1) : no;
    }

    private BpfLabel From(int part, int place)
    {
        if (!_known.TryGetValue((part, place), out BpfLabel? label))
        {
            label = _known[(part, place)] = new BpfLabel();
            _open.Enqueue((part, place));
        }

        return label;
    }
}
