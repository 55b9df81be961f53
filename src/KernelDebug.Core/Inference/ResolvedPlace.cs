using KernelDebug.Types;

namespace KernelDebug.Inference;

/// <summary>Memory that has a C expression.</summary>
/// <param name="Text">The expression, <c>skb->dev</c>.</param>
/// <param name="Type">Its type where the bytes are all of it; null otherwise.</param>
/// <param name="Base">The pointer that was followed, or the object it lies in.</param>
/// <param name="Owner">What the pointer points to, or the object's type.</param>
/// <param name="Layout">The place in it; null where it is no structure.</param>
internal sealed record ResolvedPlace(string Text, DataType? Type, TrackedValue Base, DataType Owner, LayoutPlace? Layout)
{
    /// <summary>Longest expression: what a loop makes longer on each turn is cut here.</summary>
    private const int MaxLength = 200;

    /// <summary>Finds the expression for memory at a distance from a value.</summary>
    /// <param name="value">The value.</param>
    /// <param name="distance">Bytes from it.</param>
    /// <param name="size">Bytes touched.</param>
    /// <param name="bits">The bits of them that are meant.</param>
    /// <param name="unnamed">What to call a pointer that has a type and no name.</param>
    /// <returns>Null where the value is no pointer, or what it points to has nothing there.</returns>
    public static ResolvedPlace? Find(TrackedValue value, long distance, int size, ulong bits = ulong.MaxValue, string? unnamed = null)
    {
        if (value.Kind == ValueKind.Choice)
        {
            // Of a union's pointers, the only one to something that has such a member.
            ResolvedPlace[] fitting = [.. value.Choices.Select(choice => Find(choice, distance, size, bits, unnamed)).OfType<ResolvedPlace>()];
            return fitting is [var only] ? only : null;
        }

        if (value.Type is null || size <= 0 || value.Kind is not (ValueKind.Expression or ValueKind.Object))
        {
            return null;
        }

        bool isObject = value.Kind == ValueKind.Object;
        DataType? owner = isObject ? value.Type : value.Type.Pointee;
        long total = unchecked(value.Offset + distance);
        if (owner is null || total < 0)
        {
            return null;
        }

        string name = value.Text ?? (unnamed is null ? "(...)" : $"(({value.Type}){unnamed})");
        DataType bare = owner.Bare;
        if (!bare.IsAggregate && bare.Kind != TypeKind.Array)
        {
            // A plain value, or one of several behind one another: all of it.
            if (bare.Kind is not (TypeKind.Base or TypeKind.Enumeration or TypeKind.PointerTo) || bare.Size != (ulong)size || total % size != 0 || name.Length > MaxLength)
            {
                return null;
            }

            return total == 0 ? new ResolvedPlace(isObject ? name : $"*{name}", owner, value, owner, null)
                : isObject ? null
                : new ResolvedPlace($"{(name.StartsWith('*') ? $"({name})" : name)}[{total / size}]", owner, value, owner, null);
        }

        LayoutPlace? place = TypeLayout.Find(owner, (ulong)total, (ulong)size, bits) ?? (bits == ulong.MaxValue ? null : TypeLayout.Find(owner, (ulong)total, (ulong)size));
        return place is null || place.Path.Length == 0 || name.Length + place.Path.Length > MaxLength
            ? null
            : new ResolvedPlace(Join(name, isObject, place.Path), place.Type, value, owner, place);
    }

    /// <summary><c>p->path</c>, <c>object.path</c>, <c>(*p)[2]</c>.</summary>
    public static string Join(string name, bool isObject, string path)
    {
        string safe = name.StartsWith('*') ? $"({name})" : name;
        return path[0] == '[' ? (isObject ? safe + path : $"(*{safe}){path}") : isObject ? $"{safe}.{path}" : $"{safe}->{path}";
    }

    /// <summary>The value read from here: of the expression's type where all its bytes are read, one of several where it is a union's.</summary>
    public TrackedValue? Value
    {
        get
        {
            bool isNamed = Base.Kind != ValueKind.Expression || Base.Text is not null;
            if (Type is not null)
            {
                return TrackedValue.Of(isNamed ? Text : null, Type, Base.Root) with { Source = this };
            }

            TrackedValue[] pointers =
            [
                .. Layout?.Choices.Where(choice => choice.Type?.Pointee is not null)
                    .Select(choice => TrackedValue.Of(isNamed ? Text[..^Layout.Path.Length] + choice.Path : null, choice.Type!, Base.Root)) ?? [],
            ];
            return pointers.Length == 0 ? null
                : new TrackedValue(ValueKind.Choice, isNamed ? Text : null, null, 0, Base.Root) { Choices = pointers, Source = this };
        }
    }
}
