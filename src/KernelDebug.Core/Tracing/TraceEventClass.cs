using System.Buffers.Binary;
using KernelDebug.Btf;
using KernelDebug.Formatting;

namespace KernelDebug.Tracing;

/// <summary>Who was running, when and where, at an event.</summary>
/// <param name="Time">Since the machine was started, time asleep included.</param>
/// <param name="Cpu">The processor.</param>
/// <param name="Task">The task's name (<c>comm</c>).</param>
/// <param name="ProcessId">The process as the kernel's first namespace numbers it (<c>tgid</c>).</param>
/// <param name="ThreadId">The thread, likewise (<c>pid</c> in the kernel).</param>
public sealed record TraceEventHeader(TimeSpan Time, int Cpu, string Task, int ProcessId, int ThreadId);

/// <summary>What the events of one kind are made of. Its objects are <see cref="TraceEventObject"/>s.</summary>
public sealed class TraceEventClass
{
    /// <summary>Bytes before an event's own: time in ns (8), the kind (4), CPU (4), thread (4), process (4), task's name (16).</summary>
    internal const int HeaderSize = 40;

    /// <summary>Where they are.</summary>
    internal const int TimeAt = 0, KindAt = 8, CpuAt = 12, IdsAt = 16, TaskAt = 24;

    /// <summary>TASK_COMM_LEN.</summary>
    internal const int TaskSize = 16;

    private static readonly TraceValue[] s_header =
    [
        new("Time", typeof(TimeSpan), record => Time(record)),
        TraceValues.Number("Cpu", CpuAt, sizeof(int), isSigned: true)!,
        TraceValues.Text("Task", TaskAt, TaskSize),
        TraceValues.Number("ProcessId", IdsAt + sizeof(int), sizeof(int), isSigned: true)!,
        TraceValues.Number("ThreadId", IdsAt, sizeof(int), isSigned: true)!,
    ];

    /// <summary>What a count has in place of that: how many, where an event has the time.</summary>
    private static readonly TraceValue[] s_countHeader = [TraceValues.Number("Count", TimeAt, sizeof(ulong), isSigned: true)!];

    private readonly TraceValue[] _values;
    private readonly int _own;
    private readonly Lazy<Func<TraceEventClass, byte[], TraceRecordObject>> _make;

    /// <summary>Makes a kind of events.</summary>
    /// <param name="name">What happened: <c>sched:sched_switch</c>.</param>
    /// <param name="size">Bytes of a record.</param>
    /// <param name="values">What it has besides the header. Where a name is one of the header's, the header's gets <c>Event</c> before it.</param>
    /// <param name="isCounted">True where records are of counts, and not of events.</param>
    internal TraceEventClass(string name, int size, IReadOnlyList<TraceValue> values, bool isCounted = false)
    {
        Name = name;
        Size = size;
        var taken = values.Select(value => value.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        TraceValue[] header = [.. isCounted ? s_countHeader : s_header, new("Event", typeof(string), _ => name)];
        header = [.. header.Select(value => taken.Contains(value.Name) ? value with { Name = "Event" + value.Name } : value)];
        _own = header.Length;
        _values = [.. header, .. values];

        // Of thousands of functions most have no event.
        _make = new(() =>
        {
            EmittedProperty[] properties = [.. _values.Select(value => new EmittedProperty(value.Name, value.Result))];
            return isCounted
                ? RecordEmitter<TraceEventClass, TraceCountObject>.Build($"KernelDebug.Tracing.Count#{name}", properties)
                : RecordEmitter<TraceEventClass, TraceEventObject>.Build($"KernelDebug.Tracing.Event#{name}", properties);
        });
    }

    /// <summary>What happened.</summary>
    public string Name { get; }

    /// <summary>Bytes of a record.</summary>
    internal int Size { get; }

    /// <summary>The kind of a record's event.</summary>
    internal static int KindOf(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadInt32LittleEndian(record[KindAt..]);

    /// <summary>Told of each record as it comes from the kernel, by the thread that takes it; null for nobody.</summary>
    internal Action<ReadOnlySpan<byte>>? Arrived { get; init; }

    internal TraceRecordObject Make(byte[] record) => _make.Value(this, record);

    internal object? Read(byte[] record, int place) => _values[place].Read(record);

    internal object? Read(byte[] record, string name) => Array.Find(_values, value => value.Name == name)?.Read(record);

    internal static TraceEventHeader Header(ReadOnlySpan<byte> record) => new(
        Time(record), (int)s_header[1].Read(record)!, (string)s_header[2].Read(record)!, (int)s_header[3].Read(record)!, (int)s_header[4].Read(record)!);

    /// <summary>What an event has besides the header.</summary>
    internal IEnumerable<KeyValuePair<string, object?>> Members(byte[] record) => _values.Skip(_own).Select(value => KeyValuePair.Create(value.Name, value.Read(record)));

    /// <summary>That as a line, without stacks.</summary>
    internal string Line(byte[] record) => RecordFormatter.Line(_values.Skip(_own).Select(value => (Of: value, Value: value.Read(record)))
        .Where(member => member.Value is not TraceStack && !(member is { Value: null, Of.IsNoneWhenNull: true })).Select(member => KeyValuePair.Create(member.Of.Name, member.Value)));

    private static TimeSpan Time(ReadOnlySpan<byte> record) => new((long)(BinaryPrimitives.ReadUInt64LittleEndian(record) / TimeSpan.NanosecondsPerTick));
}

/// <summary>What a generated program recorded, with its values as properties; each is read when it is asked for.</summary>
public abstract class TraceRecordObject
{
    private readonly TraceEventClass _class;

    /// <summary>Makes an object over a record, which must not change.</summary>
    protected TraceRecordObject(TraceEventClass eventClass, byte[] record)
    {
        _class = eventClass;
        Record = record;
    }

    /// <summary>The record.</summary>
    protected byte[] Record { get; }

    /// <summary>What happened: <c>sched:sched_switch</c>.</summary>
    public string GetEventName() => _class.Name;

    /// <summary>A value by its exact name, also one whose name differs from another's in case alone; null where there is none.</summary>
    public object? GetMember(string name) => _class.Read(Record, name);

    /// <summary>What it has besides the header, in order.</summary>
    public IEnumerable<KeyValuePair<string, object?>> GetMembers() => _class.Members(Record);

    /// <summary>That as a line, without stacks: <c>prev_comm=bash prev_pid=4711</c>.</summary>
    public override string ToString() => _class.Line(Record);

    /// <summary>The value at a place of the class's.</summary>
    protected object? Member(int place) => _class.Read(Record, place);
}

/// <summary>An event. The header's properties are <c>Time</c>, <c>Cpu</c>, <c>Task</c>, <c>ProcessId</c>, <c>ThreadId</c> and <c>Event</c>.</summary>
public abstract class TraceEventObject : TraceRecordObject
{
    /// <summary>Makes an object over a record, which must not change.</summary>
    protected TraceEventObject(TraceEventClass eventClass, byte[] record)
        : base(eventClass, record)
    {
    }

    /// <summary>Who was running, when and where, whatever the event's own values are called.</summary>
    public TraceEventHeader GetHeader() => TraceEventClass.Header(Record);
}

/// <summary>How often something happened with the same values; the properties before those are <c>Count</c> and <c>Event</c>.</summary>
public abstract class TraceCountObject : TraceRecordObject
{
    /// <summary>Makes an object over a record, which must not change.</summary>
    protected TraceCountObject(TraceEventClass eventClass, byte[] record)
        : base(eventClass, record)
    {
    }

    /// <summary>How often, whatever its own values are called.</summary>
    public long GetCount() => BinaryPrimitives.ReadInt64LittleEndian(Record);
}
