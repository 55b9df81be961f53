using System.Text;

namespace KernelDebug.Btf.CHeader;

/// <summary>Declarations of the functions that BPF programs may call: those tagged bpf_kfunc (v6.10's pahole and later).</summary>
internal static class KernelFunctions
{
    /// <summary>What the declarations are written with.</summary>
    public const string Macros =
        """
        #ifndef __ksym
        #define __ksym __attribute__((section(".ksyms")))
        #endif

        #ifndef __weak
        #define __weak __attribute__((weak))
        #endif

        #ifndef __bpf_fastcall
        #if __has_attribute(bpf_fastcall)
        #define __bpf_fastcall __attribute__((bpf_fastcall))
        #else
        #define __bpf_fastcall
        #endif
        #endif


        """;

    /// <summary>Writes them, by name.</summary>
    public static void Write(BtfFile file, StringBuilder text, DefinitionWriter writer)
    {
        List<BtfFunction> functions = Tagged(file, "bpf_kfunc");
        HashSet<BtfFunction> keepRegisters = [.. Tagged(file, "bpf_fastcall")];
        text.Append("\n/* BPF kfuncs */\n#ifndef BPF_NO_KFUNC_PROTOTYPES\n");
        foreach (BtfFunction function in functions.OrderBy(function => function.Name, StringComparer.Ordinal))
        {
            text.Append("extern ").Append(keepRegisters.Contains(function) ? "__bpf_fastcall " : "");
            writer.Declare(function);
            text.Append(" __weak __ksym;\n");
        }

        text.Append("#endif\n\n");
    }

    private static List<BtfFunction> Tagged(BtfFile file, string tag)
    {
        var found = new List<BtfFunction>();
        for (uint id = 1; id < file.EndId; id++)
        {
            if (file.KindOf(id) == BtfKind.DeclarationTag && file[id] is BtfDeclarationTag { ComponentIndex: -1, Target: BtfFunction function } one && one.Name == tag)
            {
                found.Add(function);
            }
        }

        return found;
    }
}
