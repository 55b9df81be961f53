using System.Text;

namespace KernelDebug.Fuzz;

/// <summary>
/// Damages a BPF object by its structure: a number of a header, symbol, relocation, instruction or type becomes another's, a limit or its
/// neighbour; a string becomes one that libbpf knows; a section becomes a copy of another's bytes.
/// </summary>
internal static class BpfDamage
{
    private static readonly ulong[] Limits =
    [
        0, 1, 2, 3, 4, 7, 8, 0x10, 0x7f, 0x80, 0xff, 0x100, 0xfff1, 0xfff2, 0xffff, 0x10000, 0xffffff, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff,
        0x100000000, 0x7fffffffffffffff, 0x8000000000000000, 0xfffffffffffffff8, 0xffffffffffffffff,
    ];

    /// <summary>Names of sections, members of map definitions, ways of access: what libbpf looks for in strings.</summary>
    private static readonly string[] Words =
    [
        "", "?", "/", ".", ":", "%", "0", "-1", "0:", ":0", "0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0",
        "0:1", "0:255", "0:4294967295", "0:-1", "0:99999999999", "1:0", "0:0", "0x0:1", ".text", ".maps", "maps", ".data", ".rodata", ".bss", ".data.x", ".rodata.x", ".kconfig", ".ksyms", ".BTF", ".BTF.ext",
        ".struct_ops", ".symtab", ".strtab", ".rel.text", ".rel.maps", ".rel.BTF", "license", "version", "raw_tp/", "raw_tp/x", "fentry/", "fexit/x", "iter/", "iter/x", "kprobe/", "kprobe/x+",
        "tp/", "tp/a", "tp/a/", "uprobe/", "uprobe//bin/sh:", "usdt/", "usdt//bin/sh", "usdt//bin/sh:a:b", "ksyscall/", "kprobe.multi/", "kprobe.multi/*", "perf_event", "socket", "syscall",
        "freplace/", "sk_lookup/", "type", "key", "value", "values", "key_size", "value_size", "max_entries", "map_flags", "map_extra", "numa_node", "LINUX_KERNEL_VERSION",
        "LINUX_HAS_BPF_COOKIE", "CONFIG_HZ", "CONFIG_", "task_struct", "task_struct___x", "___", "a___b___c", "main", "dropped",
    ];

    public static byte[] Damage(BpfFields fields, byte[] original, Random random)
    {
        byte[] bytes = (byte[])original.Clone();
        for (int i = 1 << random.Next(3); i > 0; i--)
        {
            switch (random.Next(16))
            {
                case 0:
                    Word(fields, bytes, random);
                    break;
                case 1:
                    (int start, int length) = fields.Sections[random.Next(fields.Sections.Count)];
                    Mutator.Damage(bytes.AsSpan(start, length), random);
                    break;
                case 2 when random.Next(4) == 0:
                    Move(fields, bytes, random);
                    break;
                default:
                    Number(fields, bytes, random);
                    break;
            }
        }

        return random.Next(64) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
    }

    private static void Number(BpfFields fields, byte[] bytes, Random random)
    {
        BpfField[] group = fields.Groups[random.Next(fields.Groups.Count)];
        BpfField field = group[random.Next(group.Length)];
        Span<byte> place = bytes.AsSpan(field.Offset, field.Size);
        ulong value = random.Next(6) switch
        {
            0 => Limits[random.Next(Limits.Length)],
            1 => Read(place) + 1,
            2 => Read(place) - 1,
            3 => Read(place) ^ (1UL << random.Next(8 * field.Size)),
            _ => Read(bytes.AsSpan(group[random.Next(group.Length)].Offset, field.Size)),
        };
        for (int i = 0; i < place.Length; i++)
        {
            place[i] = (byte)(value >> (8 * i));
        }
    }

    /// <summary>Over a string, and over what follows where it is longer.</summary>
    private static void Word(BpfFields fields, byte[] bytes, Random random)
    {
        (int start, int length) = fields.Strings[random.Next(fields.Strings.Count)];
        byte[] word = random.Next(4) == 0
            ? bytes.AsSpan(fields.Strings[random.Next(fields.Strings.Count)].Offset, 1).ToArray()
            : Encoding.ASCII.GetBytes(Words[random.Next(Words.Length)]);
        Span<byte> place = bytes.AsSpan(start);
        int fitting = Math.Min(word.Length, place.Length);
        word.AsSpan(0, fitting).CopyTo(place);
        if (random.Next(8) > 0 && fitting < place.Length)
        {
            place[fitting] = 0;
        }
    }

    private static void Move(BpfFields fields, byte[] bytes, Random random)
    {
        (int from, int length) = fields.Sections[random.Next(fields.Sections.Count)];
        (int to, int room) = fields.Sections[random.Next(fields.Sections.Count)];
        bytes.AsSpan(from, Math.Min(length, room)).CopyTo(bytes.AsSpan(to));
    }

    private static ulong Read(ReadOnlySpan<byte> place)
    {
        ulong value = 0;
        for (int i = place.Length - 1; i >= 0; i--)
        {
            value = (value << 8) | place[i];
        }

        return value;
    }
}
