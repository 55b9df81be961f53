using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using KernelDebug.IO;

namespace KernelDebug.Btf;

/// <summary>Makes a class for a structure, whose objects are <see cref="BtfRecordObject"/>s. One for each structure, kept as long as the structure.</summary>
public sealed class BtfRecordClass
{
    private static readonly ConditionalWeakTable<BtfStruct, BtfRecordClass> s_known = [];
    private static readonly Lock s_gate = new();
    private static int s_count;

    private readonly BtfMember[] _members;
    private readonly Func<BtfRecordClass, byte[], BtfRecordObject> _make;

    private BtfRecordClass(BtfStruct type)
    {
        Type = type;
        _members = [.. type.FlattenedMembers.Where(member => member.Name is not null)];
        lock (s_gate)
        {
            _make = Build();
        }
    }

    /// <summary>The structure.</summary>
    public BtfStruct Type { get; }

    /// <summary>The class of a structure.</summary>
    /// <exception cref="BinaryFormatException">Its members nest too deep, or are too many.</exception>
    public static BtfRecordClass Of(BtfStruct type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return s_known.GetValue(type, known => new BtfRecordClass(known));
    }

    /// <summary>An object of the structure.</summary>
    /// <param name="bytes">Its bytes, which must not change; more than it takes do no harm.</param>
    /// <exception cref="BinaryFormatException">The bytes are too few.</exception>
    public BtfRecordObject Make(byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        return (uint)bytes.Length < Type.ByteSize
            ? throw new BinaryFormatException(Type.File.Path, "value", bytes.Length, $"expected at least {Type.ByteSize} bytes for {Type}, have {bytes.Length}")
            : _make(this, bytes);
    }

    /// <summary>A value by its type, with objects of this kind for structures.</summary>
    /// <inheritdoc cref="BtfValueReader.Read" path="/exception"/>
    public static object? Read(BtfType type, byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(type);
        return type.Bare is BtfStruct structure ? Of(structure).Make(bytes) : Wrap(BtfValueReader.Read(type, bytes));
    }

    internal int? IndexOf(string name) => Array.FindIndex(_members, member => member.Name == name) is var index and >= 0 ? index : null;

    internal object? Read(byte[] bytes, int index)
    {
        BtfMember member = _members[index];
        if (!member.IsBitField && member.BitOffset % 8 == 0 && member.Type.Bare is BtfStruct inner)
        {
            return (ulong)bytes.Length >= member.ByteOffset + inner.ByteSize
                ? Of(inner).Make(bytes[(int)member.ByteOffset..(int)(member.ByteOffset + inner.ByteSize)])
                : throw Type.Malformed($"expected members inside the {bytes.Length} bytes, have {member.Name} at byte {member.ByteOffset}");
        }

        return Wrap(BtfValueReader.ReadMember(Type, member, bytes.AsSpan(0, (int)Type.ByteSize)));
    }

    /// <summary>A value of <see cref="BtfValueReader"/>, with objects of this kind for structures.</summary>
    public static object? Wrap(object? value) => value switch
    {
        BtfStructValue structure => Of(structure.Type).Make(structure.Bytes),
        object?[] elements => Array.ConvertAll(elements, Wrap),
        _ => value,
    };

    /// <summary>A class with a property a member; of names that differ in case alone, which PowerShell cannot tell apart, the first.</summary>
    private Func<BtfRecordClass, byte[], BtfRecordObject> Build()
    {
        // An assembly each: it goes when its structure's file does.
        string name = $"KernelDebug.Btf.Value#{Type.Name}";
        var assembly = AssemblyBuilder.DefineDynamicAssembly(new AssemblyName($"KernelDebug.Records{++s_count}"), AssemblyBuilderAccess.RunAndCollect);
        TypeBuilder made = assembly.DefineDynamicModule("Records").DefineType(
            name, TypeAttributes.Public | TypeAttributes.Sealed, typeof(BtfRecordObject));
        ConstructorInfo inherited = typeof(BtfRecordObject).GetConstructor(BindingFlags.Instance | BindingFlags.NonPublic, [typeof(BtfRecordClass), typeof(byte[])])!;
        MethodInfo read = typeof(BtfRecordObject).GetMethod("Member", BindingFlags.Instance | BindingFlags.NonPublic)!;

        ILGenerator code = made.DefineConstructor(MethodAttributes.Public, CallingConventions.Standard, [typeof(BtfRecordClass), typeof(byte[])]).GetILGenerator();
        code.Emit(OpCodes.Ldarg_0);
        code.Emit(OpCodes.Ldarg_1);
        code.Emit(OpCodes.Ldarg_2);
        code.Emit(OpCodes.Call, inherited);
        code.Emit(OpCodes.Ret);

        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (int i = 0; i < _members.Length; i++)
        {
            if (taken.Add(_members[i].Name!))
            {
                AddProperty(made, _members[i], i, read);
            }
        }

        Type created = made.CreateType();
        var factory = new DynamicMethod("Make", typeof(BtfRecordObject), [typeof(BtfRecordClass), typeof(byte[])], typeof(BtfRecordClass), skipVisibility: true);
        ILGenerator make = factory.GetILGenerator();
        make.Emit(OpCodes.Ldarg_0);
        make.Emit(OpCodes.Ldarg_1);
        make.Emit(OpCodes.Newobj, created.GetConstructor([typeof(BtfRecordClass), typeof(byte[])])!);
        make.Emit(OpCodes.Ret);
        return factory.CreateDelegate<Func<BtfRecordClass, byte[], BtfRecordObject>>();
    }

    private static void AddProperty(TypeBuilder made, BtfMember member, int index, MethodInfo read)
    {
        Type type = BtfValueReader.ResultOf(member);
        MethodBuilder getter = made.DefineMethod($"get_{member.Name}", MethodAttributes.Public | MethodAttributes.SpecialName | MethodAttributes.HideBySig, type, []);
        ILGenerator code = getter.GetILGenerator();
        code.Emit(OpCodes.Ldarg_0);
        code.Emit(OpCodes.Ldc_I4, index);
        code.Emit(OpCodes.Call, read);
        code.Emit(OpCodes.Unbox_Any, type);
        code.Emit(OpCodes.Ret);
        made.DefineProperty(member.Name!, PropertyAttributes.None, type, null).SetGetMethod(getter);
    }
}
