namespace KernelDebug.Triage;

/// <summary>What the checks of list_add and list_del found: lib/list_debug.c.</summary>
internal static class ListRules
{
    private const string Add = "__list_add_valid_or_report(), lib/list_debug.c";
    private const string Delete = "__list_del_entry_valid_or_report(), lib/list_debug.c";

    public static DiagnosisRule[] All { get; } =
    [
        new("ListDeletedTwice", "The entry's {0} pointer is the poison that list_del leaves: the entry was already taken off its list.", Delete,
            e => e.Line("list_del corruption, ") is { } line && (line.Contains("->next is LIST_POISON1", StringComparison.Ordinal) ? "next" : line.Contains("->prev is LIST_POISON2", StringComparison.Ordinal) ? "prev" : null) is { } side
                ? [new Finding(line, side)] : []),
        new("ListEntryUnset", "The entry's {0} pointer is NULL: it was never in a list, or its memory was zeroed since.", Delete,
            e => e.Line("list_del corruption, ") is { } line && (line.EndsWith("->next is NULL", StringComparison.Ordinal) ? "next" : line.EndsWith("->prev is NULL", StringComparison.Ordinal) ? "prev" : null) is { } side
                ? [new Finding(line, side)] : []),
        new("ListNeighbour", "The entry's neighbour does not point back to it{0}.", Delete, e => Neighbour(e, "list_del corruption. ", "prev->next should be ", "next->prev should be ")),
        new("ListAddedTwice", "The entry is the neighbour it should be put beside: it is in this list already.", Add, e => e.Line("list_add double add: ") is { } line ? [new Finding(line)] : []),
        new("ListNeighbour", "The two entries between which a new one should go do not point to each other{0}.", Add, e => Neighbour(e, "list_add corruption. ", "next->prev should be prev", "prev->next should be next")),
        new("ListEntryUnset", "The list's {0} pointer is NULL: the list head was never initialised, or its memory was zeroed since.", Add,
            e => e.Line("list_add corruption. ") is { } line && (line.StartsWith("list_add corruption. prev is NULL", StringComparison.Ordinal) ? "prev" : line.StartsWith("list_add corruption. next is NULL", StringComparison.Ordinal) ? "next" : null) is { } side
                ? [new Finding(line, side)] : []),
    ];

    private static IEnumerable<Finding> Neighbour(CrashEvidence e, string phrase, string first, string second)
    {
        if (e.Line(phrase) is not { } line || !line.Contains(first, StringComparison.Ordinal) && !line.Contains(second, StringComparison.Ordinal)
            || line.IndexOf("but was ", StringComparison.Ordinal) is not (>= 0 and var at))
        {
            return [];
        }
        ulong? found = FaultAddresses.ReadHex(line.AsSpan(at + "but was ".Length));
        return [new Finding(line, found is { } value ? Meaning(value) : "")];
    }

    private static string Meaning(ulong value) =>
        Poison.Pointers.FirstOrDefault(p => p.Value == value && p.Name.StartsWith("LIST_", StringComparison.Ordinal)) is { Name: { } name } ? $", but holds {name}: the neighbour was taken off its list"
        : Poison.Bytes.FirstOrDefault(p => p.Word == value) is { Name: { } fill } ? $", but holds {fill}: the neighbour's memory is not in use"
        : value == 0 ? ", but holds NULL: the neighbour's memory was zeroed" : "";
}
