using KernelDebug.IO;

namespace KernelDebug.Btf.CHeader;

/// <summary>
/// The definitions a type needs before it, and itself, in an order that C takes: what is embedded comes first, what is only pointed to can
/// be declared forward. The order is the one of libbpf's btf_dump, definition for definition.
/// </summary>
/// <remarks>
/// A reference is weak where it passes a pointer and a named structure behind it, and strong otherwise: an anonymous structure is
/// written where it is used, so what it embeds must be there, pointer or not.
/// </remarks>
internal sealed class DefinitionOrder
{
    private readonly BtfFile _file;
    private readonly TypeGraph _types;
    private readonly State[] _states;
    private readonly WorkLimit _limit;
    private readonly Stack<Frame> _stack = new();

    public DefinitionOrder(BtfFile file, TypeGraph types, WorkLimit limit)
    {
        _file = file;
        _types = types;
        _limit = limit;
        _states = new State[file.EndId];
        _states[0] = State.Ordered;
    }

    private enum State : byte
    {
        New,
        Open,
        Ordered,
    }

    /// <summary>Adds what a type needs and has not been added yet.</summary>
    /// <exception cref="BinaryFormatException">A type is part of itself.</exception>
    public void Add(uint root, List<uint> definitions)
    {
        bool? answer = Enter(root, false, definitions);
        while (_stack.TryPop(out Frame frame))
        {
            if (answer is { } isStrong)
            {
                frame.IsStrong = frame.Kind == BtfKind.FunctionPrototype ? frame.IsStrong | isStrong : isStrong;
            }

            ReadOnlySpan<uint> references = _types.References(frame.Id);
            if (frame.Next < references.Length)
            {
                uint next = references[frame.Next++];
                _limit.Depth(_stack.Count, frame.Id);
                _stack.Push(frame);
                bool throughPointer = frame.Kind switch
                {
                    BtfKind.Pointer => true,
                    BtfKind.Array or BtfKind.Struct or BtfKind.Union => false,
                    _ => frame.ThroughPointer,
                };
                answer = Enter(next, throughPointer, definitions);
            }
            else
            {
                answer = Leave(frame, definitions);
            }
        }
    }

    /// <summary>True where the reference to a type is strong, false where it is weak, null where that follows from what it refers to.</summary>
    private bool? Enter(uint id, bool throughPointer, List<uint> definitions)
    {
        _limit.Step();
        if (_states[id] == State.Ordered)
        {
            return true;
        }

        BtfKind kind = _types.Kind(id);
        if (_states[id] == State.Open)
        {
            return throughPointer && _types.HasName(id)
                ? false
                : throw _file[id].Malformed("expected types that C can define one after another, have one that is part of itself");
        }

        switch (kind)
        {
            case BtfKind.Struct or BtfKind.Union when throughPointer && _types.HasName(id):
                return false;
            case BtfKind.Struct or BtfKind.Union:
                _states[id] = State.Open;
                break;
            case BtfKind.Enum or BtfKind.Enum64 or BtfKind.Forward:
                _states[id] = State.Ordered;
                if (_types.HasName(id) || !_types.IsReferenced(id))
                {
                    definitions.Add(id);
                }

                return true;
            case BtfKind.Pointer or BtfKind.Array or BtfKind.Typedef or BtfKind.Const or BtfKind.Volatile or BtfKind.Restrict
                or BtfKind.TypeTag or BtfKind.FunctionPrototype:
                break;
            case > BtfKind.Enum64 when _stack.Count > 0:
                throw _file[id].Malformed($"expected a kind that C has a declaration for, have kind {(int)kind}");
            default:
                _states[id] = State.Ordered;
                return false;
        }

        _stack.Push(new Frame(id, kind, throughPointer));
        return null;
    }

    private bool Leave(in Frame frame, List<uint> definitions)
    {
        switch (frame.Kind)
        {
            case BtfKind.Pointer:
                _states[frame.Id] = State.Ordered;
                return frame.IsStrong;
            case BtfKind.Typedef when frame.ThroughPointer && !frame.IsStrong:
                return false;
            case BtfKind.Typedef or BtfKind.Struct or BtfKind.Union:
                _states[frame.Id] = State.Ordered;
                if (_types.HasName(frame.Id) || frame.Kind == BtfKind.Typedef)
                {
                    definitions.Add(frame.Id);
                }

                return true;
            default:
                return frame.IsStrong;
        }
    }

    private struct Frame(uint id, BtfKind kind, bool throughPointer)
    {
        public readonly uint Id = id;
        public readonly BtfKind Kind = kind;
        public readonly bool ThroughPointer = throughPointer;
        public int Next;
        public bool IsStrong;
    }
}
