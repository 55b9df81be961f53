using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using KernelDebug.IO;

namespace KernelDebug.Btf.CHeader;

/// <summary>Writes definitions as libbpf's btf_dump does, each with the forward declarations it needs.</summary>
internal sealed class DefinitionWriter
{
    private const int MostIndent = 13;

    // Every compiler has this one.
    private const string BuiltIn = "__builtin_va_list";

    // Compilers name the types of Arm's intrinsics and do not say what they are.
    private static readonly Dictionary<string, string> CompilerTypes = new(StringComparer.Ordinal)
    {
        ["__Poly8_t"] = "unsigned char",
        ["__Poly16_t"] = "unsigned short",
        ["__Poly64_t"] = "unsigned long long",
        ["__Poly128_t"] = "unsigned __int128",
    };

    private readonly BtfFile _file;
    private readonly TypeGraph _types;
    private readonly StringBuilder _text;
    private readonly WorkLimit _limit;
    private readonly CNames _names;
    private readonly CAlignment _alignment;
    private readonly BitPadding _padding;
    private readonly State[] _states;
    private readonly bool[] _isDeclared;
    private readonly Stack<Frame> _stack = new();
    private readonly Action<StringBuilder, BtfType> _appendBase;
    private int _level;

    public DefinitionWriter(BtfFile file, TypeGraph types, StringBuilder text, WorkLimit limit)
    {
        _file = file;
        _types = types;
        _text = text;
        _limit = limit;
        _names = new CNames(file);
        _alignment = new CAlignment(file, types);
        _padding = new BitPadding(text, file.PointerSize, limit);
        _states = new State[file.EndId];
        _states[0] = State.Written;
        _isDeclared = new bool[file.EndId];
        _appendBase = AppendBase;
    }

    private enum State : byte
    {
        New,
        Open,
        Written,
    }

    /// <summary>Writes a definition and, before it, forward declarations of what it points to.</summary>
    /// <exception cref="BinaryFormatException">It refers to what is not there, or is too long.</exception>
    public void Write(uint definition)
    {
        Enter(definition, 0);
        while (_stack.TryPop(out Frame frame))
        {
            ReadOnlySpan<uint> references = _types.References(frame.Id);
            if (frame.Next < references.Length)
            {
                uint next = references[frame.Next++];
                _limit.Depth(_stack.Count, frame.Id);
                _stack.Push(frame);
                Enter(next, frame.IsContainer ? frame.Id : frame.Container);
            }
            else
            {
                Leave(frame);
            }
        }
    }

    /// <summary>Writes the declaration of a function, without a semicolon.</summary>
    /// <exception cref="BinaryFormatException">It refers to what is not there, or goes on without end.</exception>
    public void Declare(BtfFunction function) => BtfDeclaration.Append(_text, function.Prototype, function.Name ?? "", _appendBase);

    /// <summary>Looks at a type that what is being written refers to, or, with 0 for the container, is to be written itself.</summary>
    private void Enter(uint id, uint container)
    {
        _limit.Step();
        if (_states[id] == State.Written)
        {
            return;
        }

        BtfKind kind = _types.Kind(id);
        if (_states[id] == State.Open)
        {
            Redeclare(id, container);
            return;
        }

        switch (kind)
        {
            case BtfKind.Int:
                DefineCompilerType(_file[id]);
                _states[id] = State.Written;
                break;
            case BtfKind.Enum or BtfKind.Enum64:
                if (container == 0)
                {
                    Define((BtfEnum)_file[id], 0);
                    _text.Append(";\n\n");
                }

                _states[id] = State.Written;
                break;
            case BtfKind.Forward:
                Tag(_file[id]);
                _text.Append(";\n\n");
                _states[id] = State.Written;
                break;
            case BtfKind.Struct or BtfKind.Union when _types.HasName(id) && container != 0:
                DeclareForward(id, container);
                break;
            case BtfKind.Typedef or BtfKind.Struct or BtfKind.Union:
                _states[id] = State.Open;
                _stack.Push(new Frame(id, container, kind, kind == BtfKind.Typedef || _types.HasName(id)));
                break;
            case BtfKind.Pointer or BtfKind.Const or BtfKind.Volatile or BtfKind.Restrict or BtfKind.TypeTag or BtfKind.Array
                or BtfKind.FunctionPrototype:
                _stack.Push(new Frame(id, container, kind, false));
                break;
        }
    }

    private void Leave(in Frame frame)
    {
        switch (frame.Kind)
        {
            case BtfKind.Typedef:
                DefineOnce(frame.Id);
                _states[frame.Id] = State.Written;
                break;
            case BtfKind.Struct or BtfKind.Union when frame.Container == 0:
                Define((BtfStruct)_file[frame.Id], 0);
                _text.Append(";\n\n");
                _states[frame.Id] = State.Written;
                break;
            case BtfKind.Struct or BtfKind.Union:
                _states[frame.Id] = State.New;
                break;
        }
    }

    /// <summary>A type is referred to, over pointers, by what it needs itself.</summary>
    private void Redeclare(uint id, uint container)
    {
        if (_types.Kind(id) == BtfKind.Typedef)
        {
            DefineOnce(id);
        }
        else if (_types.HasName(id))
        {
            DeclareForward(id, container);
        }
    }

    private void DeclareForward(uint id, uint container)
    {
        if (!_isDeclared[id] && id != container)
        {
            Tag(_file[id]);
            _text.Append(";\n\n");
            _isDeclared[id] = true;
        }
    }

    private void DefineOnce(uint id)
    {
        if (_isDeclared[id])
        {
            return;
        }

        _isDeclared[id] = true;
        var alias = (BtfTypedef)_file[id];
        if (alias.Name == BuiltIn)
        {
            return;
        }

        _text.Append("typedef ");
        string name = _names.Identifier(alias);
        if (alias.TargetId == 0 && name == "__gnuc_va_list")
        {
            // Old GCCs say void.
            _text.Append(BuiltIn).Append(' ').Append(name);
        }
        else
        {
            BtfDeclaration.Append(_text, alias.Target, name, _appendBase);
        }

        _text.Append(";\n\n");
    }

    private void DefineCompilerType(BtfType type)
    {
        string name = _names.Tag(type);
        if (CompilerTypes.TryGetValue(name, out string? meaning))
        {
            _text.Append(CultureInfo.InvariantCulture, $"typedef {meaning} {name};\n\n");
        }
    }

    private void Define(BtfStruct structure, int level)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw structure.Malformed("expected anonymous structures that can be within each other, have ones without end");
        }

        bool isPacked = !structure.IsUnion && _alignment.IsPacked(structure.Id);
        Tag(structure);
        _text.Append(" {");
        string indent = Indent(level + 1);
        bool wasBitField = false;
        long end = 0;
        for (int i = 0; i < structure.Members.Count; i++)
        {
            BtfMember member = structure.Members[i];
            bool isBitField = member.BitFieldSize != 0;
            int alignment = isPacked ? 1 : _alignment.Of(member.TypeId);
            _padding.Write(end, (long)member.BitOffset, alignment, wasBitField && isBitField, indent);
            _limit.Length(_text.Length);
            _text.Append('\n').Append(indent);
            Member(member, level + 1);
            end = (long)member.BitOffset + (isBitField ? member.BitFieldSize : SizeInBits(member.Type));
            wasBitField = isBitField;
        }

        if (!structure.IsUnion)
        {
            _padding.Write(end, structure.ByteSize * 8L, _alignment.Of(structure.Id), false, indent);
        }

        if (structure.Members.Count > 0 || structure.ByteSize > 0)
        {
            _text.Append('\n').Append(Indent(level));
        }

        _text.Append(isPacked ? "} __attribute__((packed))" : "}");
    }

    private void Member(BtfMember member, int level)
    {
        int outer = _level;
        _level = level;
        BtfDeclaration.Append(_text, member.Type, member.Name ?? "", _appendBase);
        _level = outer;
        if (member.BitFieldSize != 0)
        {
            _text.Append(": ").Append(member.BitFieldSize).Append(';');
        }
        else
        {
            _text.Append(';');
        }
    }

    private void Define(BtfEnum enumeration, int level)
    {
        Tag(enumeration);
        if (enumeration.Values.Count == 0)
        {
            return;
        }

        string indent = Indent(level + 1);
        bool isWide = enumeration.Kind == BtfKind.Enum64;
        string suffix = !isWide ? "," : enumeration.IsSigned ? "LL," : "ULL,";
        _text.Append(" {");
        foreach (BtfEnumValue value in enumeration.Values)
        {
            _text.Append('\n').Append(indent).Append(_names.Enumerator(value.Name)).Append(" = ");
            _ = value.IsSigned ? _text.Append(value.Value) : _text.Append(value.Bits);
            _text.Append(suffix);
        }

        _limit.Length(_text.Length);
        _text.Append('\n').Append(Indent(level)).Append('}').Append(Mode(enumeration));
    }

    /// <summary>What makes an enumeration smaller or larger than the int it would be.</summary>
    private string Mode(BtfEnum enumeration) => enumeration.ByteSize switch
    {
        1 => " __attribute__((mode(byte)))",
        8 when _file.PointerSize == 8 && (enumeration.Kind == BtfKind.Enum || enumeration.Values.All(value => value.Bits <= uint.MaxValue)) =>
            " __attribute__((mode(word)))",
        _ => "",
    };

    private void Tag(BtfType type)
    {
        string name = _names.Tag(type);
        _text.Append(type switch
        {
            BtfStruct { IsUnion: true } or BtfForward { IsUnion: true } => "union",
            BtfEnum => "enum",
            _ => "struct",
        }).Append(name.Length > 0 ? " " : "").Append(name);
    }

    private void AppendBase(StringBuilder text, BtfType type)
    {
        switch (type)
        {
            case BtfStruct { Name: null } structure:
                Define(structure, _level);
                break;
            case BtfEnum { Name: null } enumeration:
                Define(enumeration, _level);
                break;
            case BtfStruct or BtfEnum or BtfForward:
                Tag(type);
                break;
            case BtfTypedef alias:
                text.Append(_names.Identifier(alias));
                break;
            default:
                text.Append(type.Name);
                break;
        }
    }

    private static long SizeInBits(BtfType type) => type.Size is { } bytes and <= uint.MaxValue ? (long)bytes * 8 : 0;

    private static string Indent(int level) => new('\t', Math.Min(level, MostIndent));

    private struct Frame(uint id, uint container, BtfKind kind, bool isContainer)
    {
        public readonly uint Id = id;
        public readonly uint Container = container;
        public readonly BtfKind Kind = kind;
        public readonly bool IsContainer = isContainer;
        public int Next;
    }
}
