using KernelDebug.IO;

namespace KernelDebug.Dwarf;

/// <summary>Walks the entries of a unit in the order of their bytes (DWARF 5, Section 2.3), skipping what is not asked for.</summary>
internal ref struct EntryCursor
{
    private readonly AbbreviationTable _abbreviations;
    private readonly DwarfEncoding _encoding;
    private SpanReader _reader;

    public EntryCursor(DwarfUnit unit, UnitOffset start)
    {
        _abbreviations = unit.Abbreviations;
        _encoding = unit.Header.Encoding;
        _reader = unit.Bytes.Reader();
        if (start.Value > (ulong)_reader.Bytes.Length)
        {
            throw _reader.Error($"expected an entry inside the unit's {_reader.Bytes.Length} bytes, have offset 0x{start.Value:x}");
        }

        _reader.Position = (int)start.Value;
    }

    /// <summary>The entry <see cref="Next"/> came to, from the unit's start.</summary>
    public UnitOffset Offset { get; private set; }

    /// <summary>Its shape; null for the null entry that ends a list of children.</summary>
    public Abbreviation? Abbreviation { get; private set; }

    /// <summary>Reads the next abbreviation code; false at the unit's end. The entry's attributes must then be read or skipped.</summary>
    /// <exception cref="BinaryFormatException">A code the table does not have.</exception>
    public bool Next()
    {
        if (_reader.IsAtEnd)
        {
            return false;
        }

        Offset = new UnitOffset((ulong)_reader.Position);
        ulong code = _reader.ReadUleb128();
        Abbreviation = code == 0
            ? null
            : _abbreviations[code] ?? throw _reader.Error($"expected an abbreviation of the unit's table, have code {code}");
        return true;
    }

    /// <summary>Reads the attributes of the entry.</summary>
    public EntryAttributes Read() => EntryAttributes.Read(ref _reader, Abbreviation!, _encoding);

    /// <summary>Reads the attributes that tell of types and variables.</summary>
    public EntryDetails ReadDetails() => EntryDetails.Read(ref _reader, Abbreviation!, _encoding);

    /// <summary>Skips the attributes, not the children.</summary>
    public void SkipAttributes()
    {
        Abbreviation shape = Abbreviation!;
        if (shape.FixedSize >= 0)
        {
            _reader.Skip((ulong)shape.FixedSize);
            return;
        }

        foreach (AttributeSpec spec in shape.Attributes)
        {
            FormReader.Skip(ref _reader, spec.Form, _encoding);
        }
    }

    /// <summary>Skips the entry's attributes and all its children, by DW_AT_sibling where it has one.</summary>
    public void SkipTree()
    {
        Abbreviation shape = Abbreviation!;
        if (!shape.HasChildren)
        {
            SkipAttributes();
        }
        else if (!TryJumpToSibling(shape))
        {
            SkipChildren();
        }
    }

    /// <summary>Skips the children of an entry whose attributes were read, by its DW_AT_sibling where it has one.</summary>
    public void SkipChildren(FormValue sibling)
    {
        if (!Abbreviation!.HasChildren)
        {
            return;
        }

        if (sibling.IsPresent)
        {
            JumpTo(sibling);
        }
        else
        {
            SkipChildren();
        }
    }

    private void SkipChildren()
    {
        int depth = 1;
        while (depth > 0 && Next())
        {
            if (Abbreviation is not { } shape)
            {
                depth--;
            }
            else if (!shape.HasChildren)
            {
                SkipAttributes();
            }
            else if (!TryJumpToSibling(shape))
            {
                depth++;
            }
        }
    }

    /// <summary>Reads the attributes as far as needed and jumps; where there is no sibling, leaves the reader behind the attributes.</summary>
    private bool TryJumpToSibling(Abbreviation shape)
    {
        if (shape.SiblingIndex < 0)
        {
            SkipAttributes();
            return false;
        }

        if (shape.SiblingAt >= 0)
        {
            _reader.Skip((ulong)shape.SiblingAt);
        }
        else
        {
            for (int i = 0; i < shape.SiblingIndex; i++)
            {
                FormReader.Skip(ref _reader, shape.Attributes[i].Form, _encoding);
            }
        }

        AttributeSpec sibling = shape.Attributes[shape.SiblingIndex];
        JumpTo(FormReader.Read(ref _reader, sibling.Form, sibling.ImplicitConstant, _encoding));
        return true;
    }

    private void JumpTo(FormValue sibling)
    {
        bool isLocal = sibling.Form is DwForm.Reference1 or DwForm.Reference2 or DwForm.Reference4 or DwForm.Reference8 or DwForm.ReferenceUnsigned;
        if (!isLocal || sibling.Number <= Offset.Value || sibling.Number > (ulong)_reader.Bytes.Length || sibling.Number < (ulong)_reader.Position)
        {
            throw _reader.Error($"expected DW_AT_sibling after its entry and inside the unit, have 0x{sibling.Number:x} (form 0x{(int)sibling.Form:x})");
        }

        _reader.Position = (int)sibling.Number;
    }
}
