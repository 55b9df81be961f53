using KernelDebug.IO;

namespace KernelDebug.Gsym;

/// <summary>
/// The inlined calls of a function as a tree (LLVM, <c>DebugInfo/GSYM/InlineInfo.h</c>): each has its ranges, counted from its parent's
/// first, and its children lie inside them. The root is the function itself.
/// </summary>
internal static class GsymCalls
{
    /// <summary>The chain of calls that holds an address, the function first; empty where the root does not hold it.</summary>
    /// <param name="tree">The tree's bytes.</param>
    /// <param name="start">Address of the function, which the root's ranges count from.</param>
    /// <param name="address">The address.</param>
    /// <exception cref="BinaryFormatException">The tree is damaged, or deeper than any compiler's.</exception>
    public static ValueList<GsymCall> Find(ByteSlice tree, ulong start, ulong address)
    {
        var chain = new ValueList<GsymCall>();
        SpanReader reader = tree.Reader();
        ulong origin = start;
        while (true)
        {
            if (!ReadRanges(ref reader, ref origin, address, out bool holds))
            {
                // The end of the children of the last call found: none of them holds the address.
                return chain;
            }

            bool hasChildren = reader.ReadByte() != 0;
            if (!holds)
            {
                SkipRest(ref reader, hasChildren);
                if (chain.Count == 0)
                {
                    return chain;
                }

                continue;
            }

            if (chain.Count > ParserLimits.MaxInlineDepth)
            {
                throw reader.Error($"expected calls inlined at most {ParserLimits.MaxInlineDepth} deep");
            }

            uint name = reader.ReadUInt32();
            chain.Add(new GsymCall(name, Number(ref reader), Number(ref reader)));
            if (!hasChildren)
            {
                return chain;
            }
        }
    }

    /// <returns>False for the empty list that ends a list of children.</returns>
    private static bool ReadRanges(ref SpanReader reader, ref ulong origin, ulong address, out bool holds)
    {
        holds = false;
        ulong count = reader.ReadUleb128();
        if (count > (ulong)reader.Remaining / 2)
        {
            throw reader.Error($"expected at most {reader.Remaining / 2} ranges, have {count}");
        }

        ulong first = origin;
        for (ulong i = 0; i < count; i++)
        {
            ulong low = unchecked(origin + reader.ReadUleb128());
            ulong size = reader.ReadUleb128();
            holds |= unchecked(address - low) < size;
            first = i == 0 ? low : first;
        }

        // What holds the address is gone into next, and its children count from its first range.
        origin = holds ? first : origin;
        return count > 0;
    }

    /// <summary>Passes over the rest of a call that does not hold the address, and all below it.</summary>
    private static void SkipRest(ref SpanReader reader, bool hasChildren)
    {
        int depth = 0;
        while (true)
        {
            reader.Skip(4);
            _ = reader.ReadUleb128();
            _ = reader.ReadUleb128();
            depth += hasChildren ? 1 : 0;
            ulong count = 0;
            while (depth > 0 && (count = reader.ReadUleb128()) == 0)
            {
                depth--;
            }

            if (depth == 0)
            {
                return;
            }

            for (ulong i = 0; i < count; i++)
            {
                _ = reader.ReadUleb128();
                _ = reader.ReadUleb128();
            }

            hasChildren = reader.ReadByte() != 0;
        }
    }

    private static uint Number(ref SpanReader reader) => (uint)Math.Min(reader.ReadUleb128(), uint.MaxValue);
}
