using System.Reflection;
using System.Reflection.Emit;

namespace KernelDebug.Btf;

/// <summary>A value of a class that is made at run time.</summary>
/// <param name="Name">The property's name.</param>
/// <param name="Type">Its type.</param>
internal sealed record EmittedProperty(string Name, Type Type);

/// <summary>
/// Makes classes at run time whose objects are bytes and have a property for each value in them, read when asked for: what PowerShell
/// shows, sorts and filters without a wrapper around each object.
/// </summary>
/// <typeparam name="TClass">Knows how the values are read; one object for all of the class.</typeparam>
/// <typeparam name="TObject">The base class. It has a constructor of a <typeparamref name="TClass"/> and the bytes, and a method Member, which reads a value by its place.</typeparam>
internal static class RecordEmitter<TClass, TObject>
    where TClass : class
    where TObject : class
{
    private const string Reader = "Member";
    private static readonly Lock s_gate = new();
    private static int s_count;

    /// <summary>Makes a class; of names that differ in case alone, which PowerShell cannot tell apart, the first is a property.</summary>
    /// <param name="name">The class's name, which format views go by.</param>
    /// <param name="properties">The values by place.</param>
    /// <returns>Makes an object of it.</returns>
    public static Func<TClass, byte[], TObject> Build(string name, IReadOnlyList<EmittedProperty> properties)
    {
        lock (s_gate)
        {
            // An assembly each: it goes when what it was made for does.
            var assembly = AssemblyBuilder.DefineDynamicAssembly(new AssemblyName($"KernelDebug.{typeof(TObject).Name}{++s_count}"), AssemblyBuilderAccess.RunAndCollect);
            TypeBuilder made = assembly.DefineDynamicModule("Records").DefineType(name, TypeAttributes.Public | TypeAttributes.Sealed, typeof(TObject));
            ConstructorInfo inherited = typeof(TObject).GetConstructor(BindingFlags.Instance | BindingFlags.NonPublic, [typeof(TClass), typeof(byte[])])!;
            MethodInfo read = typeof(TObject).GetMethod(Reader, BindingFlags.Instance | BindingFlags.NonPublic)!;

            ILGenerator code = made.DefineConstructor(MethodAttributes.Public, CallingConventions.Standard, [typeof(TClass), typeof(byte[])]).GetILGenerator();
            code.Emit(OpCodes.Ldarg_0);
            code.Emit(OpCodes.Ldarg_1);
            code.Emit(OpCodes.Ldarg_2);
            code.Emit(OpCodes.Call, inherited);
            code.Emit(OpCodes.Ret);

            var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
            for (int i = 0; i < properties.Count; i++)
            {
                if (taken.Add(properties[i].Name))
                {
                    AddProperty(made, properties[i].Name, properties[i].Type, i, read);
                }
            }

            Type created = made.CreateType();
            var factory = new DynamicMethod("Make", typeof(TObject), [typeof(TClass), typeof(byte[])], typeof(TClass), skipVisibility: true);
            ILGenerator make = factory.GetILGenerator();
            make.Emit(OpCodes.Ldarg_0);
            make.Emit(OpCodes.Ldarg_1);
            make.Emit(OpCodes.Newobj, created.GetConstructor([typeof(TClass), typeof(byte[])])!);
            make.Emit(OpCodes.Ret);
            return factory.CreateDelegate<Func<TClass, byte[], TObject>>();
        }
    }

    private static void AddProperty(TypeBuilder made, string name, Type type, int place, MethodInfo read)
    {
        MethodBuilder getter = made.DefineMethod($"get_{name}", MethodAttributes.Public | MethodAttributes.SpecialName | MethodAttributes.HideBySig, type, []);
        ILGenerator code = getter.GetILGenerator();
        code.Emit(OpCodes.Ldarg_0);
        code.Emit(OpCodes.Ldc_I4, place);
        code.Emit(OpCodes.Call, read);
        code.Emit(OpCodes.Unbox_Any, type);
        code.Emit(OpCodes.Ret);
        made.DefineProperty(name, PropertyAttributes.None, type, null).SetGetMethod(getter);
    }
}
