using KernelDebug.Records;

namespace KernelDebug.Triage;

/// <summary>What differs between two reports, apart from what differs between any two boots: addresses, offsets, stamps.</summary>
public static class TraceComparer
{
    // The alignment's table is of one by the other: two traces at the parser's limit would be too much.
    private const int MaxFrames = 1000;

    /// <summary>Compares two reports.</summary>
    public static TraceComparison Compare(PanicTrace reference, PanicTrace difference)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(difference);
        var found = new List<TraceDifference>();
        foreach ((string property, Func<PanicTrace, string?> view) in s_values)
        {
            Add(property, null, view(reference), view(difference));
        }
        (string Key, string Text)[] first = Functions(reference);
        (string Key, string Text)[] second = Functions(difference);
        found.AddRange(Align(first, second));
        Sets("Taint", reference.Taint?.Letters.Select(l => (l.Letter.ToString(), l.ToString())), difference.Taint?.Letters.Select(l => (l.Letter.ToString(), l.ToString())));
        Sets("Modules", reference.Modules.Select(m => (m.Name, m.ToString())), difference.Modules.Select(m => (m.Name, m.ToString())));
        Sets("Diagnosis", reference.Diagnosis.Select(f => (f.Id, f.Statement)), difference.Diagnosis.Select(f => (f.Id, f.Statement)));
        Registers();
        return new TraceComparison
        {
            Reference = reference,
            Difference = difference,
            CommonFrames = first.Zip(second).TakeWhile(pair => pair.First.Key == pair.Second.Key).Count(),
            Differences = found,
        };

        void Add(string property, string? item, string? one, string? other)
        {
            if (one != other)
            {
                found.Add(new TraceDifference(property, item, one, other));
            }
        }

        void Sets(string property, IEnumerable<(string Key, string Text)>? one, IEnumerable<(string Key, string Text)>? other)
        {
            var mine = ByKey(one);
            var theirs = ByKey(other);
            foreach (string key in mine.Keys.Concat(theirs.Keys.Where(k => !mine.ContainsKey(k))))
            {
                Add(property, key, mine.GetValueOrDefault(key), theirs.GetValueOrDefault(key));
            }
        }

        // Values are another boot's; what they look like is not.
        void Registers()
        {
            var one = new CrashEvidence(reference);
            var other = new CrashEvidence(difference);
            if (one.Machine != other.Machine)
            {
                return;
            }
            Dictionary<string, ulong> theirs = other.General.ToDictionary(r => r.Name, r => r.Value, StringComparer.Ordinal);
            foreach ((string name, ulong value) in one.General)
            {
                if (theirs.TryGetValue(name, out ulong their))
                {
                    Add("Registers", name, ValueClass.Of(one, value), ValueClass.Of(other, their));
                }
            }
        }
    }

    private static readonly (string Property, Func<PanicTrace, string?> View)[] s_values =
    [
        ("Kind", t => t.Kind.ToString()),
        ("Title", t => t.Title),
        ("Message", t => t.Message),
        ("GuiltyFrame", t => Place(t.GuiltyFrame)),
        ("InstructionPointer", t => Place(t.InstructionPointer)),
        ("ReportedFile", t => t.ReportedFile is null ? null : $"{t.ReportedFile}:{t.ReportedLine}"),
        ("MemoryAccess", t => t.MemoryAccess is { } access ? (access with { Address = null }).ToString() : null),
        ("MemoryObject", t => t.MemoryObject is { } target ? (target with { Address = null }).ToString() is { Length: > 0 } text ? text : null : null),
        ("ErrorCode", t => t.ErrorCode is { } code ? t.DecodedRegisters.FirstOrDefault(r => r.Name == "ErrorCode")?.ToString() ?? $"0x{code:x}" : null),
        ("FaultAddress", t => t.FaultAddress is { } address ? address < 4096 ? $"0x{address:x}" : ValueClass.Of(new CrashEvidence(t), address) : null),
        ("Cpu", t => t.Cpu?.ToString()),
        ("Comm", t => t.Comm),
        ("Workqueue", t => t.Workqueue),
        ("KernelRelease", t => t.KernelRelease),
        ("KernelVersion", t => t.KernelVersion),
        ("KernelBuildId", t => t.KernelBuildId),
        ("Hardware", t => t.Hardware),
    ];

    private static string? Place(TraceFrame? frame) => frame is null ? null : Function(frame).Text;

    // The same function in another build may have another suffix, and a system call another wrapper.
    private static (string Key, string Text) Function(TraceFrame frame)
    {
        string name = frame.Symbol is { } symbol ? FunctionName.Canonical(symbol) : "(no name)";
        return (name, frame.Module is null ? name : $"{name} [{frame.Module}]");
    }

    private static (string Key, string Text)[] Functions(PanicTrace trace) => trace.CallTrace.Where(f => f.IsReliable).Take(MaxFrames).Select(Function).ToArray();

    private static Dictionary<string, string> ByKey(IEnumerable<(string Key, string Text)>? items)
    {
        var byKey = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((string key, string text) in items ?? [])
        {
            byKey.TryAdd(key, text);
        }
        return byKey;
    }

    // The longest common subsequence; what is not in it is of one trace only.
    private static IEnumerable<TraceDifference> Align((string Key, string Text)[] one, (string Key, string Text)[] other)
    {
        var common = new int[one.Length + 1, other.Length + 1];
        for (int i = one.Length - 1; i >= 0; i--)
        {
            for (int j = other.Length - 1; j >= 0; j--)
            {
                common[i, j] = one[i].Key == other[j].Key ? common[i + 1, j + 1] + 1 : Math.Max(common[i + 1, j], common[i, j + 1]);
            }
        }
        for (int i = 0, j = 0; i < one.Length || j < other.Length;)
        {
            if (i < one.Length && j < other.Length && one[i].Key == other[j].Key)
            {
                i++;
                j++;
            }
            else if (j == other.Length || i < one.Length && common[i + 1, j] >= common[i, j + 1])
            {
                yield return new TraceDifference("CallTrace", $"#{i}", one[i++].Text, null);
            }
            else
            {
                yield return new TraceDifference("CallTrace", $"#{j}", null, other[j++].Text);
            }
        }
    }
}
