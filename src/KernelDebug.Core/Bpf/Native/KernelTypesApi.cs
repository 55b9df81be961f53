using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace KernelDebug.Bpf.Native;

/// <summary>The BTF that is loaded in the running kernel, and who refers to it.</summary>
internal static unsafe class KernelTypesApi
{
    private const int MaxNameBytes = 256;

    /// <summary>The ids of a kind, ascending.</summary>
    /// <exception cref="DllNotFoundException">libbpf is not installed.</exception>
    /// <exception cref="UnauthorizedAccessException">The kernel does not allow this user to list them.</exception>
    /// <exception cref="NotSupportedException">The kernel has no BPF, or is too old to list them.</exception>
    /// <exception cref="IOException">The kernel refuses for another reason.</exception>
    public static IReadOnlyList<uint> Ids(KernelObjectKind kind) => Listed(() => KernelObjectApi.Ids(kind));

    /// <summary>The id of the BTF a program or map has; 0 where it has none, or is gone.</summary>
    /// <inheritdoc cref="Ids" path="/exception"/>
    public static uint BtfIdOf(KernelObjectKind kind, uint id) => Listed(() =>
    {
        // btf_id of struct bpf_prog_info and struct bpf_map_info, include/uapi/linux/bpf.h.
        int place = kind == KernelObjectKind.Program ? 128 : 64;
        Span<byte> info = stackalloc byte[place + sizeof(uint)];
        info.Clear();
        using SafeFileHandle? file = KernelObjectApi.Open(kind, id);
        return file is not null && KernelObjectApi.Info(file, info) == info.Length ? BitConverter.ToUInt32(info[place..]) : 0;
    });

    /// <summary>Size, name and kind of some BTF; null where it is gone.</summary>
    /// <inheritdoc cref="Ids" path="/exception"/>
    public static LoadedTypes? TryGet(uint id) => Listed(() =>
    {
        using SafeFileHandle? file = KernelObjectApi.Open(KernelObjectKind.Btf, id);
        if (file is null)
        {
            return null;
        }

        // struct bpf_btf_info: btf, btf_size, id, name, name_len, kernel_btf.
        Span<byte> info = stackalloc byte[32];
        info.Clear();
        Span<byte> text = stackalloc byte[MaxNameBytes];
        text.Clear();

        // SAFETY: the kernel writes at most name_len bytes to the name, which is on this frame.
        fixed (byte* place = text)
        {
            BitConverter.TryWriteBytes(info[16..], (ulong)place);
            BitConverter.TryWriteBytes(info[24..], MaxNameBytes);
            int length = KernelObjectApi.Info(file, info);

            // Before v5.11 there were neither names nor BTF of the kernel in the list.
            bool hasName = length >= 32;
            int end = text.IndexOf((byte)0);
            return new LoadedTypes(
                BitConverter.ToUInt32(info[8..]), hasName ? Encoding.UTF8.GetString(text[..(end < 0 ? text.Length : end)]) : "", hasName && BitConverter.ToUInt32(info[28..]) != 0);
        }
    });

    private static T Listed<T>(Func<T> list)
    {
        const int NotPermitted = 1, AccessDenied = 13, Invalid = 22, NoSystemCall = 38;
        try
        {
            return list();
        }
        catch (LibbpfException refused)
        {
            string problem = $"{refused.Function}: {Marshal.GetPInvokeErrorMessage(refused.ErrorNumber)}";
            throw refused.ErrorNumber switch
            {
                NotPermitted or AccessDenied => new UnauthorizedAccessException(problem, refused),
                Invalid or NoSystemCall => new NotSupportedException($"{problem}: the kernel has no BPF, or is older than v5.0", refused),
                _ => new IOException(problem, refused),
            };
        }
    }
}

/// <summary>BTF that is loaded in the kernel.</summary>
/// <param name="Size">Bytes of header, types and strings.</param>
/// <param name="Name">vmlinux or a module's name; empty where it was loaded without.</param>
/// <param name="IsKernel">True for vmlinux and modules.</param>
internal sealed record LoadedTypes(uint Size, string Name, bool IsKernel);
