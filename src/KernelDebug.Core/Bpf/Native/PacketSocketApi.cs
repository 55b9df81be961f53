using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace KernelDebug.Bpf.Native;

/// <summary>packet(7) sockets, which socket filters are attached to.</summary>
internal static unsafe partial class PacketSocketApi
{
    private const int Packet = 17;

    /// <summary>ETH_P_ALL, in network byte order.</summary>
    private static ushort AllProtocols => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness((ushort)3) : (ushort)3;

    /// <summary>Opens a socket that sees what an interface sees, with a filter; closing it detaches.</summary>
    public static SafeFileHandle Open(int interfaceIndex, int program)
    {
        const int RawCloseOnExec = 3 | 0x80000, SocketLevel = 1, AttachBpf = 50;
        int socket = PacketSocketApi.socket(Packet, RawCloseOnExec, AllProtocols);
        var handle = new SafeFileHandle(Checked(socket, "socket"), ownsHandle: true);
        try
        {
            var address = new LinkAddress { Family = Packet, Protocol = AllProtocols, InterfaceIndex = interfaceIndex };
            _ = Checked(bind(socket, &address, sizeof(LinkAddress)), "bind");
            _ = Checked(setsockopt(socket, SocketLevel, AttachBpf, &program, sizeof(int)), "setsockopt(SO_ATTACH_BPF)");
            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private static int Checked(int result, string function) => result < 0 ? throw new LibbpfException(function, Marshal.GetLastPInvokeError(), []) : result;

    /// <summary><c>struct sockaddr_ll</c>, include/uapi/linux/if_packet.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct LinkAddress
    {
        public ushort Family;
        public ushort Protocol;
        public int InterfaceIndex;
        public ushort HardwareType;
        public byte PacketType;
        public byte AddressLength;
        public ulong Address;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int family, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int bind(int socket, LinkAddress* address, int length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setsockopt(int socket, int level, int name, int* value, int length);
}
