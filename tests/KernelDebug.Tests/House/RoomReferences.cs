using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace KernelDebug.Tests.House;

/// <summary>One type that knows another, or something outside the assembly that only some rooms may use.</summary>
/// <param name="FromRoom">The namespace below the root, <c>Elf</c> or <c>Bpf.Native</c>; empty for the root itself.</param>
/// <param name="From">The type that knows.</param>
/// <param name="ToRoom">The room of the known type; <see cref="RoomReferences.Native"/> for P/Invoke and unsafe code, <see cref="RoomReferences.Network"/> for connections.</param>
/// <param name="To">The known type, or what was used.</param>
public sealed record RoomReference(string FromRoom, string From, string ToRoom, string To)
{
    public override string ToString() => $"{From} -> {To}";
}

/// <summary>
/// Reads from a compiled assembly which rooms (namespaces below a root) know which: base types, members' signatures, attributes,
/// local variables and every token in the code. The source would hide what <c>var</c>, global usings and extension methods reach.
/// Constants are copied into the code by the compiler and leave no trace.
/// </summary>
public sealed class RoomReferences
{
    /// <summary>Stands for P/Invoke, pointers and <c>System.Runtime.CompilerServices.Unsafe</c>.</summary>
    public const string Native = "(native)";

    /// <summary>Stands for the types of <c>System.Net</c>.</summary>
    public const string Network = "(network)";

    private static readonly Dictionary<short, OpCode> OpCodesByValue = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => code.Value);

    private readonly MetadataReader reader;
    private readonly PEReader image;
    private readonly string root;
    private readonly HashSet<RoomReference> found = [];
    private TypeDefinitionHandle current;

    private RoomReferences(PEReader image, string root)
    {
        this.image = image;
        this.root = root;
        reader = image.GetMetadataReader();
    }

    /// <summary>Reads the assembly at <paramref name="path"/>; types outside <paramref name="root"/> are not looked into.</summary>
    public static IReadOnlyCollection<RoomReference> Read(string path, string root)
    {
        using var stream = File.OpenRead(path);
        using var image = new PEReader(stream);
        var references = new RoomReferences(image, root);
        foreach (var type in references.reader.TypeDefinitions)
            references.AddType(type);
        return references.found;
    }

    private void AddType(TypeDefinitionHandle handle)
    {
        if (RoomOf(handle) is null)
            return;
        current = handle;
        var type = reader.GetTypeDefinition(handle);
        var types = new TypeUses(this);
        Add(type.BaseType);
        foreach (var implemented in type.GetInterfaceImplementations())
            Add(reader.GetInterfaceImplementation(implemented).Interface);
        foreach (var parameter in type.GetGenericParameters())
            foreach (var constraint in reader.GetGenericParameter(parameter).GetConstraints())
                Add(reader.GetGenericParameterConstraint(constraint).Type);
        Add(type.GetCustomAttributes());
        foreach (var field in type.GetFields().Select(reader.GetFieldDefinition))
        {
            field.DecodeSignature(types, null);
            Add(field.GetCustomAttributes());
        }
        foreach (var property in type.GetProperties().Select(reader.GetPropertyDefinition))
            Add(property.GetCustomAttributes());
        foreach (var method in type.GetMethods().Select(reader.GetMethodDefinition))
            AddMethod(method, types);
    }

    private void AddMethod(MethodDefinition method, TypeUses types)
    {
        method.DecodeSignature(types, null);
        Add(method.GetCustomAttributes());
        if (method.Attributes.HasFlag(MethodAttributes.PinvokeImpl))
            AddNative($"P/Invoke {reader.GetString(method.Name)}");
        if (method.RelativeVirtualAddress == 0)
            return;
        var body = image.GetMethodBody(method.RelativeVirtualAddress);
        if (!body.LocalSignature.IsNil)
            reader.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(types, null);
        foreach (var region in body.ExceptionRegions)
            Add(region.CatchType);
        AddCode(body.GetILReader(), types);
    }

    private void AddCode(BlobReader code, TypeUses types)
    {
        while (code.RemainingBytes > 0)
        {
            short value = code.ReadByte();
            if (value == 0xfe)
                value = unchecked((short)(0xfe00 | code.ReadByte()));
            switch (OpCodesByValue[value].OperandType)
            {
                case OperandType.InlineNone:
                    break;
                case OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar:
                    code.Offset += 1;
                    break;
                case OperandType.InlineVar:
                    code.Offset += 2;
                    break;
                case OperandType.InlineI8 or OperandType.InlineR:
                    code.Offset += 8;
                    break;
                case OperandType.InlineSwitch:
                    int targets = code.ReadInt32();
                    code.Offset += 4 * targets;
                    break;
                case OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType:
                    Add(MetadataTokens.EntityHandle(code.ReadInt32()));
                    break;
                case OperandType.InlineSig:
                    var signature = (StandaloneSignatureHandle)MetadataTokens.EntityHandle(code.ReadInt32());
                    reader.GetStandaloneSignature(signature).DecodeMethodSignature(types, null);
                    break;
                default:
                    code.Offset += 4;
                    break;
            }
        }
    }

    private void Add(CustomAttributeHandleCollection attributes)
    {
        foreach (var attribute in attributes)
            Add(reader.GetCustomAttribute(attribute).Constructor);
    }

    private void Add(EntityHandle handle)
    {
        if (handle.IsNil)
            return;
        var types = new TypeUses(this);
        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition:
                AddKnown((TypeDefinitionHandle)handle);
                break;
            case HandleKind.TypeReference:
                var outside = reader.GetTypeReference((TypeReferenceHandle)handle);
                if (reader.StringComparer.Equals(outside.Name, "Unsafe"))
                    AddNative("System.Runtime.CompilerServices.Unsafe");
                if (reader.StringComparer.StartsWith(outside.Namespace, "System.Net"))
                    found.Add(new RoomReference(RoomOf(current)!, NameOf(current), Network, reader.GetString(outside.Name)));
                break;
            case HandleKind.TypeSpecification:
                reader.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(types, null);
                break;
            case HandleKind.MethodDefinition:
                AddKnown(reader.GetMethodDefinition((MethodDefinitionHandle)handle).GetDeclaringType());
                break;
            case HandleKind.FieldDefinition:
                AddKnown(reader.GetFieldDefinition((FieldDefinitionHandle)handle).GetDeclaringType());
                break;
            case HandleKind.MemberReference:
                Add(reader.GetMemberReference((MemberReferenceHandle)handle).Parent);
                break;
            case HandleKind.MethodSpecification:
                var method = reader.GetMethodSpecification((MethodSpecificationHandle)handle);
                Add(method.Method);
                method.DecodeSignature(types, null);
                break;
        }
    }

    private void AddKnown(TypeDefinitionHandle known)
    {
        if (RoomOf(known) is { } room && room != RoomOf(current))
            found.Add(new RoomReference(RoomOf(current)!, NameOf(current), room, NameOf(known)));
    }

    private void AddNative(string what) => found.Add(new RoomReference(RoomOf(current)!, NameOf(current), Native, what));

    private TypeDefinition Outermost(TypeDefinitionHandle handle)
    {
        var type = reader.GetTypeDefinition(handle);
        while (type.IsNested)
            type = reader.GetTypeDefinition(type.GetDeclaringType());
        return type;
    }

    private string NameOf(TypeDefinitionHandle handle)
    {
        var type = Outermost(handle);
        return $"{reader.GetString(type.Namespace)}.{reader.GetString(type.Name)}";
    }

    private string? RoomOf(TypeDefinitionHandle handle)
    {
        string name = reader.GetString(Outermost(handle).Namespace);
        if (name == root)
            return "";
        return name.StartsWith(root + ".", StringComparison.Ordinal) ? name[(root.Length + 1)..] : null;
    }

    /// <summary>Walks a signature for the types in it; what it builds (a byte) is of no use.</summary>
    private sealed class TypeUses(RoomReferences owner) : ISignatureTypeProvider<byte, object?>
    {
        public byte GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind)
        {
            owner.AddKnown(handle);
            return 0;
        }

        public byte GetPointerType(byte elementType)
        {
            owner.AddNative("a pointer");
            return 0;
        }

        public byte GetFunctionPointerType(MethodSignature<byte> signature)
        {
            owner.AddNative("a function pointer");
            return 0;
        }

        public byte GetTypeFromSpecification(MetadataReader reader, object? context, TypeSpecificationHandle handle, byte rawTypeKind) =>
            reader.GetTypeSpecification(handle).DecodeSignature(this, context);

        public byte GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => 0;
        public byte GetArrayType(byte elementType, ArrayShape shape) => 0;
        public byte GetByReferenceType(byte elementType) => 0;
        public byte GetGenericInstantiation(byte genericType, ImmutableArray<byte> typeArguments) => 0;
        public byte GetGenericMethodParameter(object? context, int index) => 0;
        public byte GetGenericTypeParameter(object? context, int index) => 0;
        public byte GetModifiedType(byte modifier, byte unmodifiedType, bool isRequired) => 0;
        public byte GetPinnedType(byte elementType) => 0;
        public byte GetPrimitiveType(PrimitiveTypeCode typeCode) => 0;
        public byte GetSZArrayType(byte elementType) => 0;
    }
}
