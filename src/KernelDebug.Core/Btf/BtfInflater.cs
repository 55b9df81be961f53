using KernelDebug.IO;

namespace KernelDebug.Btf;

/// <summary>Wire to model: one type from its bytes.</summary>
internal static class BtfInflater
{
    /// <summary>Reads one of a file's own types.</summary>
    /// <exception cref="BinaryFormatException">It refers to ids or strings that are not there.</exception>
    public static BtfType Read(BtfFile file, uint id)
    {
        SpanReader reader = file.ReaderAt(id);
        BtfWire.TypeHeader header = BtfWire.TypeHeader.Read(ref reader);
        string name = file.ReadString(header.NameOffset);
        return header.Kind switch
        {
            BtfKind.Int => new BtfInt(file, id, name, header.SizeOrType, reader.ReadUInt32()),
            BtfKind.Pointer => new BtfPointer(file, id, Target(in reader)),
            BtfKind.Array => Array(ref reader),
            BtfKind.Struct or BtfKind.Union => new BtfStruct(file, id, header.Kind, name, header.SizeOrType, header.KindFlag, Members(ref reader)),
            BtfKind.Enum => new BtfEnum(file, id, header.Kind, name, header.SizeOrType, header.KindFlag, Values(ref reader)),
            BtfKind.Enum64 => new BtfEnum(file, id, header.Kind, name, header.SizeOrType, header.KindFlag, WideValues(ref reader)),
            BtfKind.Forward => new BtfForward(file, id, name, header.KindFlag),
            BtfKind.Typedef => new BtfTypedef(file, id, name, Target(in reader)),
            BtfKind.Volatile or BtfKind.Const or BtfKind.Restrict or BtfKind.TypeTag =>
                new BtfModifier(file, id, header.Kind, name, Target(in reader), header.KindFlag),
            BtfKind.Function => new BtfFunction(file, id, name, Target(in reader), (BtfLinkage)header.ElementCount),
            BtfKind.FunctionPrototype => Prototype(ref reader),
            BtfKind.Variable => new BtfVariable(file, id, name, Target(in reader), (BtfLinkage)reader.ReadUInt32()),
            BtfKind.DataSection => new BtfDataSection(file, id, name, header.SizeOrType, Entries(ref reader)),
            BtfKind.Float => new BtfFloat(file, id, name, header.SizeOrType),
            BtfKind.DeclarationTag => new BtfDeclarationTag(file, id, name, Target(in reader), unchecked((int)reader.ReadUInt32()), header.KindFlag),
            _ => new BtfUnknown(file, id, header.Kind, name, header.SizeOrType),
        };

        uint Target(in SpanReader at) => file.Resolve(header.SizeOrType, in at);

        BtfArray Array(ref SpanReader at)
        {
            BtfWire.Triple array = BtfWire.Triple.Read(ref at);
            return new BtfArray(file, id, file.Resolve(array.First, in at), file.Resolve(array.Second, in at), array.Third);
        }

        BtfMember[] Members(ref SpanReader at)
        {
            var members = new BtfMember[header.ElementCount];
            for (int i = 0; i < members.Length; i++)
            {
                BtfWire.Triple member = BtfWire.Triple.Read(ref at);
                uint bits = header.KindFlag ? member.Third & 0xffffff : member.Third;
                int width = header.KindFlag ? (int)(member.Third >> 24) : 0;
                members[i] = new BtfMember(file, file.ReadString(member.First), file.Resolve(member.Second, in at), bits, width);
            }

            return members;
        }

        BtfEnumValue[] Values(ref SpanReader at)
        {
            var values = new BtfEnumValue[header.ElementCount];
            for (int i = 0; i < values.Length; i++)
            {
                BtfWire.Pair value = BtfWire.Pair.Read(ref at);
                ulong bits = header.KindFlag ? unchecked((ulong)(int)value.Second) : value.Second;
                values[i] = new BtfEnumValue(file.ReadString(value.First), bits, header.KindFlag);
            }

            return values;
        }

        BtfEnumValue[] WideValues(ref SpanReader at)
        {
            var values = new BtfEnumValue[header.ElementCount];
            for (int i = 0; i < values.Length; i++)
            {
                BtfWire.Triple value = BtfWire.Triple.Read(ref at);
                values[i] = new BtfEnumValue(file.ReadString(value.First), value.Second | ((ulong)value.Third << 32), header.KindFlag);
            }

            return values;
        }

        BtfFunctionPrototype Prototype(ref SpanReader at)
        {
            uint returns = Target(in at);
            var parameters = new List<BtfParameter>(header.ElementCount);
            for (int i = 0; i < header.ElementCount; i++)
            {
                BtfWire.Pair parameter = BtfWire.Pair.Read(ref at);
                parameters.Add(new BtfParameter(file, file.ReadString(parameter.First), file.Resolve(parameter.Second, in at)));
            }

            // A last parameter that is void is "...", or, alone, clang's way to say that there is none.
            bool endsInVoid = parameters is [.., { TypeId: 0 }];
            bool isVariadic = endsInVoid && parameters.Count > 1;
            return new BtfFunctionPrototype(file, id, returns, endsInVoid ? [.. parameters[..^1]] : [.. parameters]) { IsVariadic = isVariadic };
        }

        BtfSectionEntry[] Entries(ref SpanReader at)
        {
            var entries = new BtfSectionEntry[header.ElementCount];
            for (int i = 0; i < entries.Length; i++)
            {
                BtfWire.Triple entry = BtfWire.Triple.Read(ref at);
                entries[i] = new BtfSectionEntry(file.Resolve(entry.First, in at), entry.Second, entry.Third);
            }

            return entries;
        }
    }
}
