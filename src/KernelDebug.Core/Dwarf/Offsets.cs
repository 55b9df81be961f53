namespace KernelDebug.Dwarf;

/// <summary>Bytes from the start of <c>.debug_info</c>. Never mixed up with <see cref="UnitOffset"/>.</summary>
internal readonly record struct InfoOffset(ulong Value);

/// <summary>Bytes from the start of a unit's header, as DW_FORM_ref4 and its like count.</summary>
internal readonly record struct UnitOffset(ulong Value);

/// <summary>The sizes that decide how a unit's forms are read.</summary>
/// <param name="Version">2 to 5.</param>
/// <param name="AddressSize">Bytes of an address: 2, 4 or 8.</param>
/// <param name="OffsetSize">Bytes of a section offset: 4 in 32-bit DWARF, 8 in 64-bit DWARF.</param>
internal readonly record struct DwarfEncoding(ushort Version, byte AddressSize, byte OffsetSize);

/// <summary>A range of addresses, the end excluded.</summary>
internal readonly record struct AddressRange(ulong Low, ulong High)
{
    public bool Contains(ulong address) => address >= Low && address < High;
}

/// <summary>An attribute's value as read: what its number means depends on the form, and is asked of the unit.</summary>
/// <param name="Form"><see cref="DwForm.None"/> for an attribute that is not there.</param>
/// <param name="Number">The number; for DW_FORM_string the string's position in the unit's bytes, for a block or expression that of its length.</param>
internal readonly record struct FormValue(DwForm Form, ulong Number)
{
    public bool IsPresent => Form != DwForm.None;
}

/// <summary>A range of addresses and the unit it belongs to.</summary>
internal readonly record struct UnitRange(AddressRange Range, InfoOffset Unit);
