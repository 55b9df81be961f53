using System.Globalization;

namespace KernelDebug.Btf;

/// <summary>A pointer's value.</summary>
/// <param name="Value">The address as the memory has it: a runtime address of the kernel or process it is from.</param>
public readonly record struct BtfAddress(ulong Value)
{
    /// <summary><c>0xffff888004e1a000</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"0x{Value:x}");
}

/// <summary>A value of an enumeration.</summary>
/// <param name="Name">The enumerator of that value, the first where several have it; null where none has.</param>
/// <param name="Bits">The value; a negative one as 64 bits of two's complement.</param>
/// <param name="IsSigned">True where the enumeration has negative values.</param>
public readonly record struct BtfEnumNumber(string? Name, ulong Bits, bool IsSigned)
{
    /// <summary>The value as a signed number.</summary>
    public long Value => unchecked((long)Bits);

    /// <summary>The name, or else the number.</summary>
    public override string ToString() => Name ?? (IsSigned ? Value.ToString(CultureInfo.InvariantCulture) : Bits.ToString(CultureInfo.InvariantCulture));
}

/// <summary>A value of a structure or union: the members in order, those of anonymous ones in their place.</summary>
public sealed class BtfStructValue
{
    internal BtfStructValue(BtfStruct type, IReadOnlyList<KeyValuePair<string, object?>> members, byte[] bytes)
    {
        Type = type;
        Members = members;
        Bytes = bytes;
    }

    /// <summary>The type it was read by.</summary>
    public BtfStruct Type { get; }

    /// <summary>Name and value of each member.</summary>
    public IReadOnlyList<KeyValuePair<string, object?>> Members { get; }

    /// <summary>The bytes it was read from.</summary>
    internal byte[] Bytes { get; }

    /// <summary>The value of a member; null where there is none of that name.</summary>
    public object? this[string name] => Members.FirstOrDefault(member => member.Key == name).Value;

    /// <summary>The type's name.</summary>
    public override string ToString() => Type.ToString();
}
