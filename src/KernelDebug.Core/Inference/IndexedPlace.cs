using KernelDebug.Types;

namespace KernelDebug.Inference;

/// <summary>Memory at a distance that an index register adds to: an element of an array in a structure, or of an array pointed to.</summary>
internal static class IndexedPlace
{
    /// <summary>Finds the expression.</summary>
    /// <param name="value">The pointer, or the object.</param>
    /// <param name="displacement">Bytes from it that the instruction states.</param>
    /// <param name="stride">Bytes more, from the index register as it was.</param>
    /// <param name="size">Bytes touched.</param>
    /// <param name="bits">The bits of them that are meant.</param>
    /// <param name="unnamed">What to call a pointer that has a type and no name.</param>
    /// <returns>Null where the stated part and the whole do not lead to the same member of elements of one array.</returns>
    public static ResolvedPlace? Find(TrackedValue value, long displacement, long stride, int size, ulong bits, string? unnamed)
    {
        // "obj->slots[3].owner": the instruction's displacement is that of element 0.
        if (ResolvedPlace.Find(value, displacement, size, bits, unnamed) is not { Layout: { } first } at)
        {
            return PlainElement(value, displacement, stride, size, unnamed);
        }

        // Without a displacement nothing says so: the array's offset may be in the index register too.
        bool isStated = unchecked(value.Offset + displacement) != 0;
        if (isStated && first.Path.Contains('[', StringComparison.Ordinal)
            && ResolvedPlace.Find(value, unchecked(displacement + stride), size, bits, unnamed) is { Layout: { } reached } whole
            && WithoutIndexes(first.Path) == WithoutIndexes(reached.Path))
        {
            return whole;
        }

        // "vector[3].state": the pointer is to element 0.
        DataType? element = value.Kind == ValueKind.Expression ? value.Type?.Pointee : null;
        return element?.Size is { } step and > 0 && value.Offset == 0 && stride % (long)step == 0 && !first.Path.Contains('[', StringComparison.Ordinal)
            ? at with { Text = $"{Group(value, unnamed)}[{stride / (long)step}].{first.Path}" }
            : null;
    }

    /// <summary><c>*(numbers + 3)</c>, of numbers or pointers.</summary>
    private static ResolvedPlace? PlainElement(TrackedValue value, long displacement, long stride, int size, string? unnamed)
    {
        DataType? element = value.Kind == ValueKind.Expression ? value.Type?.Pointee : null;
        return element is not null && element.Bare.Kind is TypeKind.Base or TypeKind.PointerTo or TypeKind.Enumeration
            && element.Size == (ulong)size && value.Offset == 0 && displacement == 0 && stride % size == 0
            ? new ResolvedPlace($"{Group(value, unnamed)}[{stride / size}]", element, value, element, null)
            : null;
    }

    private static string Group(TrackedValue value, string? unnamed)
    {
        string name = value.Text ?? $"(({value.Type}){unnamed})";
        return name.StartsWith('*') ? $"({name})" : name;
    }

    private static string WithoutIndexes(string path)
    {
        var kept = new System.Text.StringBuilder();
        bool isInside = false;
        foreach (char c in path)
        {
            isInside = c == '[' || (isInside && c != ']');
            if (!isInside)
            {
                _ = kept.Append(c);
            }
        }

        return kept.ToString();
    }
}
