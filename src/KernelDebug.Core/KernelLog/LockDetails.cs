using KernelDebug.Records;

namespace KernelDebug.KernelLog;

/// <summary>The locks that lockdep's reports name (<c>print_lock</c> and its callers, kernel/locking/lockdep.c).</summary>
internal sealed class LockDetails
{
    private enum Expect
    {
        Nothing,
        Wanted,
        Held,
        Place,
    }

    private readonly List<ReportedLock> _locks = [];
    private readonly List<SymbolReference> _places = [];
    private Expect _expect;
    private int? _processId;
    private string? _comm;

    public IReadOnlyList<ReportedLock> Locks => _locks;

    /// <summary>The places that the report itself names: where the lock is wanted or released, then where it is held.</summary>
    public IEnumerable<SymbolReference> Places => [.. _places, .. _locks.Where(l => !l.IsHeld && l.Place is not null).Select(l => l.Place!), .. _locks.Where(l => l.IsHeld && l.Place is not null).Select(l => l.Place!)];

    /// <summary>Reads a line; true where it is one of these.</summary>
    public bool Read(PrintkLine line, ReadOnlySpan<char> text)
    {
        if (text.StartsWith("last function: ", StringComparison.Ordinal))
        {
            AddFunction(line, text["last function: ".Length..]);
            return true;
        }
        if (Announced(text) is { } next)
        {
            _expect = next;
            if (SymbolReferenceScanner.Scan(line) is [var here, ..] && next == Expect.Place)
            {
                // "bash/123 is trying to release lock (x) at: [<...>] f+0x1/0x2" on one line.
                _places.Add(here);
                _expect = Expect.Nothing;
            }
            NoteOwner(text);
            return true;
        }
        if (_expect == Expect.Nothing)
        {
            return false;
        }
        if (_expect == Expect.Place)
        {
            _expect = Expect.Nothing;
            if (SymbolReferenceScanner.Scan(line) is not [var place, ..])
            {
                return false;
            }
            _places.Add(place);
            return true;
        }
        int open = text.IndexOf('(');
        int brace = text.IndexOf("){", StringComparison.Ordinal);
        if (open < 0 || brace < open)
        {
            _expect = Expect.Nothing;
            return false;
        }
        if (_locks.Count < LogLimits.MaxLocks)
        {
            _locks.Add(new ReportedLock(text.ToString(), text[(open + 1)..brace].ToString(), _processId, _comm,
                text.Contains("at: ", StringComparison.Ordinal) && SymbolReferenceScanner.Scan(line) is [.., var at] ? at : null, _expect == Expect.Held));
        }
        // A list of held locks goes on; one that is wanted is one.
        _expect = _expect == Expect.Held && text[0] == '#' ? Expect.Held : Expect.Nothing;
        return true;
    }

    private static Expect? Announced(ReadOnlySpan<char> text)
    {
        if (text.EndsWith(" is trying to acquire lock:", StringComparison.Ordinal) || text.EndsWith(" just changed the state of lock:", StringComparison.Ordinal)
            || text.EndsWith(" takes:", StringComparison.Ordinal) || text.EndsWith(" is trying to acquire:", StringComparison.Ordinal) || text.EndsWith(" is trying to lock:", StringComparison.Ordinal))
        {
            return Expect.Wanted;
        }
        if (text.EndsWith(" already holding lock:", StringComparison.Ordinal) || text.EndsWith("and this task is already holding:", StringComparison.Ordinal)
            || text.Contains("with a lock still held there!", StringComparison.Ordinal)
            || (text.Contains(" lock held by ", StringComparison.Ordinal) || text.Contains(" locks held by ", StringComparison.Ordinal)) && char.IsAsciiDigit(text[0]))
        {
            return Expect.Held;
        }
        return text.Contains(" is trying to release lock ", StringComparison.Ordinal) && text.Contains("at:", StringComparison.Ordinal) ? Expect.Place : null;
    }

    // "syz-executor/1234 is trying to ...", "2 locks held by sh/119:".
    private void NoteOwner(ReadOnlySpan<char> text)
    {
        int by = text.IndexOf(" held by ", StringComparison.Ordinal);
        var owner = by >= 0 ? text[(by + " held by ".Length)..].TrimEnd(':') : text;
        int slash = owner.IndexOf('/');
        if (slash > 0 && slash <= 64)
        {
            // "kworker/0:1/123": the id is behind the last.
            int end = by >= 0 ? owner.Length : owner.IndexOf(' ') is > 0 and var blank ? blank : owner.Length;
            int last = owner[..end].LastIndexOf('/');
            if (last > 0 && HexText.TryParseInt(owner[(last + 1)..], out int id))
            {
                (_processId, _comm) = (id, owner[..last].ToString());
            }
        }
    }

    // "last function: addrconf_dad_work" has no offset.
    private void AddFunction(PrintkLine line, ReadOnlySpan<char> name)
    {
        int end = 0;
        while (end < name.Length && SymbolReferenceScanner.IsNameCharacter(name[end]))
        {
            end++;
        }
        if (end > 0)
        {
            string symbol = name[..end].ToString();
            _places.Add(new SymbolReference { Start = Math.Max(0, line.RawText.LastIndexOf(symbol, StringComparison.Ordinal)), Length = end, Symbol = symbol });
        }
    }
}
