using System.Runtime.InteropServices;

namespace KernelDebug.Bpf.Native;

/// <summary>What takes what is double out of BTF (btf.h of libbpf, <c>btf__dedup</c>).</summary>
internal static unsafe partial class DeduplicationApi
{
    static DeduplicationApi() => LibbpfLibrary.Register();

    [LibraryImport(LibbpfLibrary.Name, SetLastError = true)]
    private static partial BtfHandle btf__new(byte* data, uint size);

    [LibraryImport(LibbpfLibrary.Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial BtfHandle btf__parse_raw_split(string path, BtfHandle baseTypes);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial int btf__dedup(BtfHandle types, void* options);

    [LibraryImport(LibbpfLibrary.Name, SetLastError = true)]
    private static partial byte* btf__raw_data(BtfHandle types, uint* size);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial void btf__free(nint types);

    /// <summary>Makes equal types one, and drops those the base has.</summary>
    /// <param name="types">BTF of this machine's byte order, sound: libbpf takes ids and offsets on trust.</param>
    /// <param name="baseTypes">The BTF that <paramref name="types"/> continue; empty where they stand alone.</param>
    /// <returns>Header, types and strings.</returns>
    /// <exception cref="DllNotFoundException">libbpf is not installed; the message says which package has it.</exception>
    /// <exception cref="InvalidDataException">libbpf refuses the types; the message says with which error.</exception>
    public static byte[] Deduplicate(ReadOnlySpan<byte> types, ReadOnlySpan<byte> baseTypes)
    {
        LibbpfLibrary.Require();
        using BtfHandle? basis = baseTypes.IsEmpty ? null : New(baseTypes);
        using BtfHandle all = basis is null ? New(types) : NewSplit(types, basis);
        int error = btf__dedup(all, null);
        if (error != 0)
        {
            throw new InvalidDataException($"libbpf's btf__dedup failed with error {-error} ({Marshal.GetPInvokeErrorMessage(-error)})");
        }

        uint size;
        byte* data = btf__raw_data(all, &size);
        return data == null
            ? throw Failed("btf__raw_data")
            // SAFETY: data has size bytes and lives as long as the handle, which is open until the copy is made.
            : new ReadOnlySpan<byte>(data, checked((int)size)).ToArray();
    }

    private static BtfHandle New(ReadOnlySpan<byte> bytes)
    {
        // SAFETY: the bytes are pinned for the call, and libbpf copies them.
        fixed (byte* data = bytes)
        {
            return Checked(btf__new(data, (uint)bytes.Length), "btf__new");
        }
    }

    /// <summary>libbpf 1.1 reads split BTF from a file only.</summary>
    private static BtfHandle NewSplit(ReadOnlySpan<byte> bytes, BtfHandle basis)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, bytes);
            return Checked(btf__parse_raw_split(path, basis), "btf__parse_raw_split");
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static BtfHandle Checked(BtfHandle handle, string function) => handle.IsInvalid ? throw Failed(function) : handle;

    private static InvalidDataException Failed(string function)
    {
        int error = Marshal.GetLastPInvokeError();
        return new($"libbpf's {function} failed with error {error} ({Marshal.GetPInvokeErrorMessage(error)})");
    }

    /// <summary>A <c>struct btf *</c>.</summary>
    private sealed class BtfHandle() : SafeHandle(0, ownsHandle: true)
    {
        public override bool IsInvalid => handle == 0;

        protected override bool ReleaseHandle()
        {
            btf__free(handle);
            return true;
        }
    }
}
