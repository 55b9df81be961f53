using System.Runtime.InteropServices;

namespace KernelDebug.Bpf.Native;

/// <summary>A map of an object (bpf/libbpf.h, <c>bpf_map__*</c>). Its pointer is valid as long as the object is open.</summary>
internal static unsafe partial class MapApi
{
    static MapApi() => LibbpfLibrary.Register();

    public static string Name(nint map) => Marshal.PtrToStringUTF8(bpf_map__name(map)) ?? "";

    /// <summary><c>enum bpf_map_type</c>.</summary>
    public static int Type(nint map) => bpf_map__type(map);

    public static uint KeySize(nint map) => bpf_map__key_size(map);

    public static uint ValueSize(nint map) => bpf_map__value_size(map);

    public static uint MaxEntries(nint map) => bpf_map__max_entries(map);

    /// <summary>Ids in the object's own BTF; 0 for none.</summary>
    public static (uint Key, uint Value) TypeIds(nint map) => (bpf_map__btf_key_type_id(map), bpf_map__btf_value_type_id(map));

    /// <summary>True for the maps of global variables (.rodata, .data, .bss, .kconfig).</summary>
    public static bool IsInternal(nint map) => bpf_map__is_internal(map) != 0;

    /// <summary>The created map's file descriptor, which stays the object's; negative before.</summary>
    public static int Descriptor(nint map) => bpf_map__fd(map);

    public static void SetPinPath(nint map, string path) => LibbpfException.Check(bpf_map__set_pin_path(map, path), "bpf_map__set_pin_path");

    /// <summary>Before loading.</summary>
    public static void SetMaxEntries(nint map, uint count) => LibbpfException.Check(bpf_map__set_max_entries(map, count), "bpf_map__set_max_entries");

    /// <summary>Before loading.</summary>
    public static void SetValueSize(nint map, uint size) => LibbpfException.Check(bpf_map__set_value_size(map, size), "bpf_map__set_value_size");

    /// <summary>What a map of global variables begins with: libbpf's own bytes, to be written before loading.</summary>
    public static Span<byte> InitialValue(nint map)
    {
        nuint size;
        void* value = bpf_map__initial_value(map, &size);

        // SAFETY: the bytes are libbpf's and live as long as the object is open.
        return value == null ? default : new Span<byte>(value, checked((int)size));
    }

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial nint bpf_map__name(nint map);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial int bpf_map__type(nint map);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial uint bpf_map__key_size(nint map);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial uint bpf_map__value_size(nint map);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial uint bpf_map__max_entries(nint map);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial int bpf_map__set_max_entries(nint map, uint count);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial int bpf_map__set_value_size(nint map, uint size);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial uint bpf_map__btf_key_type_id(nint map);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial uint bpf_map__btf_value_type_id(nint map);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial byte bpf_map__is_internal(nint map);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial int bpf_map__fd(nint map);

    [LibraryImport(LibbpfLibrary.Name, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int bpf_map__set_pin_path(nint map, string path);

    [LibraryImport(LibbpfLibrary.Name)]
    private static partial void* bpf_map__initial_value(nint map, nuint* size);
}
