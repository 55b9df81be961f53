using KernelDebug.Bpf.Code;
using KernelDebug.Btf;

namespace KernelDebug.Tracing;

/// <summary>
/// Makes the program of a tracepoint: it copies the kernel's record, and behind it what the record only points to. Where a text is
/// given by a pointer, a <c>const char *</c>, it is read: from the caller's memory for a system call, else from the kernel's.
/// </summary>
internal sealed class TracepointProgram
{
    private const int Word = sizeof(ulong);
    private readonly TracepointFormat _format;
    private readonly BtfFile? _types;
    private readonly int _textSize;
    private readonly List<TraceValue> _values = [];
    private readonly List<Action<BpfAssembler>> _slots = [];
    private int _size;

    private TracepointProgram(TracepointFormat format, BtfFile? types, int textSize)
    {
        _format = format;
        _types = types;
        _textSize = textSize;
        _size = Align(PlaceOf(format.Size), sizeof(int));
        for (int i = 0; i < format.Fields.Count; i++)
        {
            _values.Add(Value(format.Fields[i], i + 1 < format.Fields.Count ? format.Fields[i + 1] : null));
        }
    }

    /// <summary>Makes it.</summary>
    /// <param name="format">What the kernel records.</param>
    /// <param name="kind">The number of its events.</param>
    /// <param name="types">The kernel's types; null where there are none: then enumerations are numbers.</param>
    /// <param name="textSize">Characters of a text that has no fixed size, and bytes of such an array, at most.</param>
    /// <param name="filter">What is sent.</param>
    public static (BpfAssembler Code, TraceEventClass Events) Build(TracepointFormat format, int kind, BtfFile? types, int textSize, TraceFilter filter)
    {
        var made = new TracepointProgram(format, types, textSize);
        int size = Align(made._size, Word);
        return (TraceProgram.Write(kind, size, filter, made.Fill), new TraceEventClass(format.ToString(), size, made._values));
    }

    /// <summary>Where a byte of the kernel's record is in ours: behind the header, without what all records begin with.</summary>
    private static int PlaceOf(int offset) => TraceEventClass.HeaderSize + offset - TracepointFormat.CommonSize;

    private static int Align(int value, int alignment) => (value + alignment - 1) / alignment * alignment;

    private void Fill(BpfAssembler code)
    {
        int length = _format.Size - TracepointFormat.CommonSize;
        if (length > 0)
        {
            PointAt(code, PlaceOf(TracepointFormat.CommonSize));
            code.Move(BpfRegister.R2, length);
            code.Move(BpfRegister.R3, TraceProgram.Context);
            code.Apply(BpfOperation.Add, BpfRegister.R3, TracepointFormat.CommonSize);
            code.Call(BpfHelper.ReadKernel);
        }

        _slots.ForEach(slot => slot(code));
    }

    private static void PointAt(BpfAssembler code, int at)
    {
        code.Move(BpfRegister.R1, TraceProgram.Record);
        code.Apply(BpfOperation.Add, BpfRegister.R1, at);
    }

    private TraceValue Value(TracepointField field, TracepointField? next)
    {
        int at = PlaceOf(field.Offset);
        bool isText = field.Type is "char" or "const char";
        if (field.Data != TracepointData.InPlace)
        {
            return isText ? TextFromRecord(field) : ArrayFromRecord(field);
        }

        if (field.Count != 0)
        {
            return isText ? TraceValues.Text(field.Name, at, field.Size) : Array(field, at);
        }

        if (IsText(field, next))
        {
            return TextFromPointer(field, at);
        }

        return Scalar(field, at);
    }

    /// <summary>A text, and not a buffer: the system calls that take one take its size behind it.</summary>
    private bool IsText(TracepointField field, TracepointField? next) =>
        field.Type == "const char *" && field.Size == Word && !(_format.IsSystemCall && next?.Type is "size_t");

    private TraceValue Scalar(TracepointField field, int at)
    {
        if (field.Type.EndsWith('*') && field.Size == Word)
        {
            return TraceValues.Address(field.Name, at);
        }

        if (field.Type == "bool" && field.Size == 1)
        {
            return TraceValues.Boolean(field.Name, at);
        }

        BtfType? type = Find(field.Type);
        if (type?.Bare is BtfEnum values && (values.Size == (ulong)field.Size || (_format.IsSystemCall && values.Size <= Word)))
        {
            return TraceValues.Typed(field.Name, at, type, typeof(BtfEnumNumber));
        }

        // A system call's argument is a register, whatever its type; what is above the type's size means nothing.
        (int size, bool isSigned) = _format.IsSystemCall && type?.Bare is BtfInt { ByteSize: <= Word } number && number.ByteSize <= field.Size
            ? ((int)number.ByteSize, number.IsSigned)
            : (field.Size, field.IsSigned);
        return TraceValues.Number(field.Name, at, size, isSigned) ?? TraceValues.Bytes(field.Name, at, field.Size);
    }

    private static TraceValue Array(TracepointField field, int at)
    {
        int size = field.Count is > 0 and { } count && field.Size % count == 0 ? field.Size / count : 1;
        return size is 2 or 4 or 8 ? TraceValues.Array(field.Name, at, field.Size / size, size, field.IsSigned) : TraceValues.Bytes(field.Name, at, field.Size);
    }

    private TraceValue TextFromRecord(TracepointField field)
    {
        int slot = AddSlot(_textSize + 2);
        _slots.Add(code =>
        {
            Locate(code, field);
            CopyText(code, slot, BpfHelper.ReadKernelText);
        });
        return TraceValues.TextSlot(field.Name, slot, _textSize);
    }

    private TraceValue TextFromPointer(TracepointField field, int at)
    {
        int slot = AddSlot(_textSize + 2);
        _slots.Add(code =>
        {
            code.Load(BpfWidth.Eight, BpfRegister.R3, TraceProgram.Record, at);
            CopyText(code, slot, _format.IsSystemCall ? BpfHelper.ReadUserText : BpfHelper.ReadKernelText);
        });
        return TraceValues.TextSlot(field.Name, slot, _textSize);
    }

    private TraceValue ArrayFromRecord(TracepointField field)
    {
        int slot = AddSlot(_textSize);
        _slots.Add(code => CopyArray(code, field, slot));
        BtfInt? element = Find(field.Type)?.Bare as BtfInt;
        int size = element is { ByteSize: 1 or 2 or 4 or 8 } ? (int)element.ByteSize : field.Type switch
        {
            "u16" or "__u16" => 2,
            "unsigned int" or "int" or "u32" or "__u32" => 4,
            "unsigned long" or "u64" or "__u64" or "cpumask_t" => 8,
            _ => 1,
        };
        return TraceValues.ArraySlot(field.Name, slot, _textSize, size, element?.IsSigned ?? false);
    }

    private int AddSlot(int bytes)
    {
        int at = _size;
        _size = Align(at + TraceValues.SlotHeader + bytes, sizeof(int));
        return at;
    }

    /// <summary>R3 = where a field says its data is.</summary>
    private static void Locate(BpfAssembler code, TracepointField field)
    {
        const int OffsetBits = 0xffff;
        code.Load(BpfWidth.Four, BpfRegister.R3, TraceProgram.Record, PlaceOf(field.Offset));
        code.Apply(BpfOperation.And, BpfRegister.R3, OffsetBits);
        if (field.Data == TracepointData.FromField)
        {
            code.Apply(BpfOperation.Add, BpfRegister.R3, field.Offset + field.Size);
        }

        code.Apply(BpfOperation.Add, BpfRegister.R3, TraceProgram.Context);
    }

    /// <summary>Copies the text at R3 into a slot.</summary>
    private void CopyText(BpfAssembler code, int slot, BpfHelper read)
    {
        PointAt(code, slot + TraceValues.SlotHeader);
        code.Move(BpfRegister.R2, _textSize + 2);
        code.Call(read);
        code.Store(BpfWidth.Four, TraceProgram.Record, slot, BpfRegister.R0);
    }

    private void CopyArray(BpfAssembler code, TracepointField field, int slot)
    {
        const int LengthShift = 16;
        BpfLabel done = new();
        code.Load(BpfWidth.Four, BpfRegister.R2, TraceProgram.Record, PlaceOf(field.Offset));
        code.Apply(BpfOperation.ShiftRight, BpfRegister.R2, LengthShift);
        code.Store(BpfWidth.Four, TraceProgram.Record, slot, BpfRegister.R2);
        code.GoTo(done, BpfCondition.Greater, BpfRegister.R2, _textSize);
        Locate(code, field);
        PointAt(code, slot + TraceValues.SlotHeader);
        code.Call(BpfHelper.ReadKernel);
        code.GoTo(done, BpfCondition.Equal, BpfRegister.R0, 0);
        code.Store(BpfWidth.Four, TraceProgram.Record, slot, BpfRegister.R0);
        code.Place(done);
    }

    private BtfType? Find(string type) => _types is null ? null : CTypeNames.Find(_types, type.StartsWith("const ", StringComparison.Ordinal) ? type["const ".Length..] : type);
}
