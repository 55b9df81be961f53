using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace KernelDebug.Bpf.Native;

/// <summary>How loud a message of libbpf is (<c>enum libbpf_print_level</c>).</summary>
public enum LibbpfLevel
{
    /// <summary>LIBBPF_WARN.</summary>
    Warning,
    /// <summary>LIBBPF_INFO.</summary>
    Information,
    /// <summary>LIBBPF_DEBUG.</summary>
    Debug,
}

/// <summary>A message of libbpf.</summary>
/// <param name="Level">How loud.</param>
/// <param name="Text">Its text, without the end of the line; a verifier's log is one of many lines.</param>
public sealed record LibbpfMessage(LibbpfLevel Level, string Text);

/// <summary>What libbpf prints, kept for the call that it belongs to: libbpf prints on the thread that calls it.</summary>
internal static unsafe partial class LibbpfLog
{
    /// <summary>No verifier's log is longer: the kernel ends one at 1 GiB, and libbpf asks for 16 MiB first.</summary>
    private const int MaxMessageBytes = 64 << 20;
    private const string Prefix = "libbpf: ";
    private const int MaxMessages = 20_000;

    [ThreadStatic]
    private static List<LibbpfMessage>? s_messages;

    static LibbpfLog() => LibbpfLibrary.Register();

    /// <summary>Takes libbpf's messages from here on; without it they go to standard error.</summary>
    public static void Install() => libbpf_set_print(&Print);

    /// <summary>Calls what returns a handle, or none and errno.</summary>
    /// <exception cref="LibbpfException">It returned none.</exception>
    public static T Open<T>(string function, Func<T> call, out IReadOnlyList<LibbpfMessage> messages) where T : SafeHandle
    {
        int error = 0;
        T opened = Capture(
            () =>
            {
                T handle = call();
                error = Marshal.GetLastPInvokeError();
                return handle;
            },
            out messages);
        return opened.IsInvalid ? throw new LibbpfException(function, error, messages) : opened;
    }

    /// <summary>Calls, and says what libbpf said meanwhile.</summary>
    public static T Capture<T>(Func<T> call, out IReadOnlyList<LibbpfMessage> messages)
    {
        List<LibbpfMessage>? outer = s_messages;
        var heard = new List<LibbpfMessage>();
        s_messages = heard;
        try
        {
            return call();
        }
        finally
        {
            s_messages = outer;
            messages = heard;
        }
    }

    // SAFETY: called by libbpf with a format and its arguments, both valid for the call. On the ABIs .NET has on Linux a va_list parameter is
    // one pointer, handed on as it came; the arguments are walked once, since walking them twice would need va_copy.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Print(int level, byte* format, nint arguments)
    {
        byte* text = null;
        int length = vasprintf(&text, format, arguments);
        if (length < 0)
        {
            return 0;
        }

        if (s_messages is { Count: < MaxMessages } messages)
        {
            string said = Encoding.UTF8.GetString(text, Math.Min(length, MaxMessageBytes)).TrimEnd('\n');
            messages.Add(new((LibbpfLevel)level, said.StartsWith(Prefix, StringComparison.Ordinal) ? said[Prefix.Length..] : said));
        }

        NativeMemory.Free(text);
        return 0;
    }

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial void libbpf_set_print(delegate* unmanaged[Cdecl]<int, byte*, nint, int> print);

    [LibraryImport("libc")]
    private static partial int vasprintf(byte** text, byte* format, nint arguments);
}
