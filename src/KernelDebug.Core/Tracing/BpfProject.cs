using System.Globalization;
using System.Text;
using KernelDebug.Btf;

namespace KernelDebug.Tracing;

/// <summary>How a function is traced by a project's program.</summary>
public enum BpfProjectHook
{
    /// <summary>fentry: all arguments, and pointers can be followed.</summary>
    Fentry,
    /// <summary>A kprobe: the first five arguments, in registers.</summary>
    Kprobe,
}

/// <summary>
/// Writes a program in C for functions of the kernel: a beginning to write on. It sends an event for each call, with the arguments as
/// numbers and addresses.
/// </summary>
public static class BpfProject
{
    /// <summary>The header's name, as the program includes it.</summary>
    public const string Header = "vmlinux.h";

    /// <summary>Arguments a program can have: MAX_BPF_FUNC_ARGS, include/linux/bpf.h.</summary>
    private const int MaxArguments = 12;

    /// <summary>Those that BPF_KPROBE of libbpf 1.1 knows, bpf/bpf_tracing.h.</summary>
    private const int MaxKprobeArguments = 5;

    /// <summary>Names that the program has already, and C's that BTF may have as parameters.</summary>
    private static readonly HashSet<string> s_taken = new(StringComparer.Ordinal)
    {
        "ctx", "event", "events", "dropped", "result", "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum", "extern", "float", "for", "goto", "if",
        "inline", "int", "long", "register", "restrict", "return", "short", "signed", "sizeof", "static", "struct", "switch", "typedef", "union", "unsigned", "void", "volatile", "while", "bool", "true", "false",
    };

    /// <summary>In which way a function can be traced by a program that names its arguments; fentry where that is not known, as of a file; null where it cannot.</summary>
    public static BpfProjectHook? HookOf(TraceFunction function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return function.Function is null ? null
            : function.CanFentry != false && !function.Function.Prototype.IsVariadic && function.Parameters.Count <= MaxArguments ? BpfProjectHook.Fentry
            : function.CanKprobe != false && !function.Parameters.Take(MaxKprobeArguments).Any(IsByValue) ? BpfProjectHook.Kprobe
            : null;
    }

    /// <summary>The program.</summary>
    /// <param name="functions">Functions that have a hook, no two of the same name; one at least.</param>
    /// <param name="returns">With a second program for each, at its end, which sends what it returns.</param>
    public static string Source(IReadOnlyList<TraceFunction> functions, bool returns)
    {
        ArgumentNullException.ThrowIfNull(functions);
        int most = Math.Max(1, functions.Max(function => Sent(function).Count()));
        var text = new StringBuilder(
            """
            // SPDX-License-Identifier: GPL-2.0
            #include "vmlinux.h"
            #include <bpf/bpf_helpers.h>
            #include <bpf/bpf_tracing.h>
            #include <bpf/bpf_core_read.h>

            /* The functions that are traced. */
            enum function {

            """);
        foreach (TraceFunction function in functions)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"\tFN_{Identifier(function)},");
        }

        text.Append(
            CultureInfo.InvariantCulture,
            $$"""
            };

            /* What is sent: Start-BpfTrace makes an object of it by its name, "event". */
            struct event {
            	__u64 time; /* ns since boot */
            	__u32 pid;
            	__u32 tid;
            	char comm[16];
            	enum function function;
            	__u32 is_return;
            	__s64 result; /* of a return */
            	__u64 arguments[{{most}}]; /* of a call: numbers and addresses */
            };

            /* Keeps the type in the object. */
            const struct event *unused_event __attribute__((unused));

            struct {
            	__uint(type, BPF_MAP_TYPE_RINGBUF);
            	__uint(max_entries, 4 * 1024 * 1024);
            } events SEC(".maps");

            /* What the ring buffer had no room for: Start-BpfTrace shows it. */
            __u64 dropped;

            static __always_inline struct event *begin(enum function function)
            {
            	struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
            	__u64 ids = bpf_get_current_pid_tgid();

            	if (!event) {
            		__sync_fetch_and_add(&dropped, 1);
            		return NULL;
            	}
            	__builtin_memset(event, 0, sizeof(*event));
            	event->time = bpf_ktime_get_boot_ns();
            	event->pid = ids >> 32;
            	event->tid = ids;
            	bpf_get_current_comm(event->comm, sizeof(event->comm));
            	event->function = function;
            	return event;
            }

            """);
        foreach (TraceFunction function in functions)
        {
            AppendEntry(text, function);
            if (returns)
            {
                AppendReturn(text, function);
            }
        }

        return text.Append("\nchar LICENSE[] SEC(\"license\") = \"GPL\";\n").ToString();
    }

    /// <summary>How to run it, as markdown.</summary>
    /// <param name="name">The program's file without <c>.bpf.c</c>.</param>
    /// <param name="functions">The functions of <see cref="Source"/>.</param>
    /// <param name="returns">As there.</param>
    public static string Guide(string name, IReadOnlyList<TraceFunction> functions, bool returns) =>
        $"""
        # {name}

        A BPF program that sends an event for each call{(returns ? " and return" : "")} of

        {string.Join("\n", functions.Select(function => $"- `{function}`"))}

        Run it, as root, until Ctrl-C:

            Start-BpfTrace -Source ./{name}.bpf.c

        or beside the prompt:

            $trace = Start-BpfTrace -Source ./{name}.bpf.c -AsSession
            $trace | Receive-BpfTrace | Group-Object function
            $trace | Stop-BpfTrace

        That needs clang and libbpf's headers (Debian: clang, libbpf-dev). Without PowerShell:

            clang -g -O2 -target bpf -D__TARGET_ARCH_{BpfCompiler.Target} -c {name}.bpf.c -o {name}.bpf.o

        makes an object that any loader built on libbpf takes. `{Header}` has the types of the kernel this was made on; fields are found anew on
        others (CO-RE), so the object runs there too. What arguments point to can be read in the program: `skb->dev->name` where the hook is
        fentry or fexit, `BPF_CORE_READ_STR_INTO(&event->name, skb, dev, name)` in any.

        """;

    /// <summary>The types the program needs: those of the functions' module on its kernel's; where they are of several modules, the kernel's alone.</summary>
    public static BtfFile TypesOf(IReadOnlyList<TraceFunction> functions)
    {
        BtfFile[] files = [.. functions.Select(function => function.Function!.File).Distinct()];
        BtfFile[] modules = [.. files.Where(file => file.Base is not null)];
        return modules is [var only] ? only : modules is [var first, ..] ? first.Base! : files[0];
    }

    private static void AppendEntry(StringBuilder text, TraceFunction function)
    {
        bool isProbe = HookOf(function) == BpfProjectHook.Kprobe;
        text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"/* {function.Prototype}{(function.Module is { } module ? $" [{module}]" : "")} */");
        if (isProbe && function.Parameters.Count > MaxKprobeArguments)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"/* A kprobe has the first {MaxKprobeArguments} arguments. */");
        }

        string macro = isProbe ? "BPF_KPROBE" : function.Parameters.Any(IsByValue) ? "BPF_PROG2" : "BPF_PROG";
        AppendHead(text, isProbe ? "kprobe" : "fentry", function, macro, "", Declarations(function, isProbe ? MaxKprobeArguments : MaxArguments, isPaired: macro == "BPF_PROG2"));
        text.Append(CultureInfo.InvariantCulture, $"\n{{\n\tstruct event *event = begin(FN_{Identifier(function)});\n\n\tif (!event)\n\t\treturn 0;\n");
        int place = 0;
        foreach (string name in Sent(function))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"\tevent->arguments[{place++}] = (__u64){name};");
        }

        text.Append("\tbpf_ringbuf_submit(event, 0);\n\treturn 0;\n}\n");
    }

    private static void AppendReturn(StringBuilder text, TraceFunction function)
    {
        bool isProbe = HookOf(function) == BpfProjectHook.Kprobe;
        BtfType type = function.Function!.Prototype.ReturnType;
        bool isVoid = type.Bare.Kind == BtfKind.Void, isNumber = type.Bare is BtfInt or BtfEnum or BtfPointer;
        text.AppendLine();
        if (isProbe || isVoid || !isNumber)
        {
            AppendHead(text, isProbe ? "kretprobe" : "fexit", function, isProbe ? "BPF_KRETPROBE" : "BPF_PROG", "_return", isProbe && isNumber ? ["long result"] : []);
        }
        else
        {
            bool isPaired = function.Parameters.Any(IsByValue);
            AppendHead(
                text, "fexit", function, isPaired ? "BPF_PROG2" : "BPF_PROG", "_return",
                [.. Declarations(function, MaxArguments, isPaired), isPaired ? $"{BtfDeclaration.Declare(type, "")}, result" : BtfDeclaration.Declare(type, "result")]);
        }

        text.Append(CultureInfo.InvariantCulture, $"\n{{\n\tstruct event *event = begin(FN_{Identifier(function)});\n\n\tif (!event)\n\t\treturn 0;\n\tevent->is_return = 1;\n")
            .Append(isNumber ? "\tevent->result = (__s64)result;\n" : "").Append("\tbpf_ringbuf_submit(event, 0);\n\treturn 0;\n}\n");
    }

    /// <remarks>Programs are called <c>on_NAME</c>: the kernel has functions of the names that BPF's helpers and compilers' own functions have.</remarks>
    private static void AppendHead(StringBuilder text, string hook, TraceFunction function, string macro, string suffix, IEnumerable<string> declarations)
    {
        text.Append(CultureInfo.InvariantCulture, $"SEC(\"{hook}/{function.Name}\")\nint {macro}({string.Join(", ", declarations.Prepend($"on_{Identifier(function)}{suffix}"))})");
    }

    /// <summary>Parameters as C declares them; for BPF_PROG2 type and name apart.</summary>
    private static IEnumerable<string> Declarations(TraceFunction function, int most, bool isPaired) => Named(function).Take(most)
        .Select(item => isPaired ? $"{BtfDeclaration.Declare(item.Parameter.Type, "").TrimEnd()}, {item.Name}" : BtfDeclaration.Declare(item.Parameter.Type, item.Name));

    /// <summary>Names of the parameters that are sent: those that are numbers or addresses.</summary>
    private static IEnumerable<string> Sent(TraceFunction function) => Named(function).Take(HookOf(function) == BpfProjectHook.Kprobe ? MaxKprobeArguments : MaxArguments)
        .Where(item => item.Parameter.Type.Bare is BtfInt { ByteSize: <= sizeof(ulong) } or BtfEnum or BtfPointer).Select(item => item.Name);

    private static IEnumerable<(BtfParameter Parameter, string Name)> Named(TraceFunction function)
    {
        var used = new HashSet<string>(s_taken, StringComparer.Ordinal);
        int place = 0;
        foreach (BtfParameter parameter in function.Parameters)
        {
            string name = parameter.Name ?? $"argument{place}";
            while (!used.Add(name))
            {
                name += "_";
            }

            place++;
            yield return (parameter, name);
        }
    }

    private static bool IsByValue(BtfParameter parameter) => parameter.Type.Bare is BtfStruct;

    /// <summary>The function's name as C takes one: compilers make names with dots.</summary>
    private static string Identifier(TraceFunction function) => function.Name.Replace('.', '_');
}
