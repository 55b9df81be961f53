using System.Runtime.CompilerServices;
using KernelDebug.IO;

namespace KernelDebug.Btf;

/// <summary>Makes a class for a structure, whose objects are <see cref="BtfRecordObject"/>s. One for each structure, kept as long as the structure.</summary>
public sealed class BtfRecordClass
{
    private static readonly ConditionalWeakTable<BtfStruct, BtfRecordClass> s_known = [];

    private readonly BtfMember[] _members;
    private readonly Func<BtfRecordClass, byte[], BtfRecordObject> _make;

    private BtfRecordClass(BtfStruct type)
    {
        Type = type;
        _members = [.. type.FlattenedMembers.Where(member => member.Name is not null)];
        _make = RecordEmitter<BtfRecordClass, BtfRecordObject>.Build(
            $"KernelDebug.Btf.Value#{type.Name}", [.. _members.Select(member => new EmittedProperty(member.Name!, BtfValueReader.ResultOf(member)))]);
    }

    /// <summary>The structure.</summary>
    public BtfStruct Type { get; }

    /// <summary>The class of a structure.</summary>
    /// <exception cref="BinaryFormatException">Its members nest too deep, or are too many.</exception>
    public static BtfRecordClass Of(BtfStruct type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return s_known.GetValue(type, known => new BtfRecordClass(known));
    }

    /// <summary>An object of the structure.</summary>
    /// <param name="bytes">Its bytes, which must not change; more than it takes do no harm.</param>
    /// <exception cref="BinaryFormatException">The bytes are too few.</exception>
    public BtfRecordObject Make(byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        return (uint)bytes.Length < Type.ByteSize
            ? throw new BinaryFormatException(Type.File.Path, "value", bytes.Length, $"expected at least {Type.ByteSize} bytes for {Type}, have {bytes.Length}")
            : _make(this, bytes);
    }

    /// <summary>A value by its type, with objects of this kind for structures.</summary>
    /// <inheritdoc cref="BtfValueReader.Read" path="/exception"/>
    public static object? Read(BtfType type, byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(type);
        return type.Bare is BtfStruct structure ? Of(structure).Make(bytes) : Wrap(BtfValueReader.Read(type, bytes));
    }

    internal IEnumerable<string> Names => _members.Select(member => member.Name!);

    internal int? IndexOf(string name) => Array.FindIndex(_members, member => member.Name == name) is var index and >= 0 ? index : null;

    internal object? Read(byte[] bytes, int index)
    {
        BtfMember member = _members[index];
        if (!member.IsBitField && member.BitOffset % 8 == 0 && member.Type.Bare is BtfStruct inner)
        {
            return (ulong)bytes.Length >= member.ByteOffset + inner.ByteSize
                ? Of(inner).Make(bytes[(int)member.ByteOffset..(int)(member.ByteOffset + inner.ByteSize)])
                : throw Type.Malformed($"expected members inside the {bytes.Length} bytes, have {member.Name} at byte {member.ByteOffset}");
        }

        return Wrap(BtfValueReader.ReadMember(Type, member, bytes.AsSpan(0, (int)Type.ByteSize)));
    }

    /// <summary>A value of <see cref="BtfValueReader"/>, with objects of this kind for structures.</summary>
    public static object? Wrap(object? value) => value switch
    {
        BtfStructValue structure => Of(structure.Type).Make(structure.Bytes),
        object?[] elements => Array.ConvertAll(elements, Wrap),
        _ => value,
    };
}
