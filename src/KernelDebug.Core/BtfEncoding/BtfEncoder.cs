using KernelDebug.Bpf.Native;
using KernelDebug.Btf;
using KernelDebug.Elf;
using KernelDebug.IO;

namespace KernelDebug.BtfEncoding;

/// <summary>BTF made of a file's DWARF.</summary>
/// <param name="Bytes">Header, types and strings.</param>
/// <param name="TypeCount">Types, without those of the base.</param>
/// <param name="FunctionCount">BTF_KIND_FUNC among them.</param>
/// <param name="VariableCount">BTF_KIND_VAR among them: per-CPU variables.</param>
public sealed record EncodedBtf(byte[] Bytes, int TypeCount, int FunctionCount, int VariableCount);

/// <summary>Makes BTF of DWARF, as <c>pahole --btf_encode --btf_gen_floats</c> of version 1.24 does.</summary>
public static class BtfEncoder
{
    // On a list of 200,000 structures, each a pointer to the next, libbpf 1.1 needs 8 to 16 MiB: at most 42 bytes a type.
    private const int StackOfOneType = 128;
    private const int LeastStack = 8 << 20;

    /// <summary>Converts, and takes out what is double or in the base.</summary>
    /// <param name="elf">A module or vmlinux with DWARF.</param>
    /// <param name="baseFile">The vmlinux's types that a module's continue; null for types that stand alone.</param>
    /// <param name="progress">Told how far it is, of 1.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="BinaryFormatException">The debug information is damaged.</exception>
    /// <exception cref="InvalidDataException">It has no DWARF, what BTF cannot hold, or libbpf refuses it.</exception>
    /// <exception cref="NotSupportedException">Its byte order is not this machine's, or the base is itself split.</exception>
    /// <exception cref="DllNotFoundException">libbpf is not installed.</exception>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public static EncodedBtf Encode(ElfFile elf, BtfFile? baseFile, Action<double>? progress = null, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(elf);
        if (elf.IsBigEndian == BitConverter.IsLittleEndian || elf.IsBigEndian || baseFile is { IsBigEndian: true })
        {
            throw new NotSupportedException("BTF can be made of little-endian files on little-endian machines only");
        }

        if (baseFile is { Base: not null } or { IsDistilledBase: true })
        {
            throw new NotSupportedException($"{baseFile!.Path} cannot be a base: its own types continue another file's");
        }

        const double Converting = 0.8;
        (byte[] all, int typeCount, int functions, int variables) = DwarfConverter.Convert(elf, baseFile, part => progress?.Invoke(Converting * part), stop);
        byte[] bytes = Deduplicate(all, baseFile is null ? [] : baseFile.Blob.Span.ToArray(), typeCount, stop);
        progress?.Invoke(1);
        using var written = BtfFile.Read(ByteSource.FromArray(bytes, elf.Path), baseFile);
        return new EncodedBtf(bytes, written.Count, functions, variables);
    }

    /// <summary>
    /// libbpf cannot be ended, so whoever ends this leaves it to finish by itself: with copies, for the base's file may be closed by then. It
    /// follows types into each other by recursion as deep as they go, so the stack has room for the longest way there can be.
    /// </summary>
    private static byte[] Deduplicate(byte[] all, byte[] baseTypes, int count, CancellationToken stop)
    {
        int stack = (int)Math.Clamp((long)count * StackOfOneType, LeastStack, int.MaxValue & ~0xffff);
        var work = new Task<byte[]>(() => DeduplicationApi.Deduplicate(all, baseTypes));
        new Thread(() => work.RunSynchronously(TaskScheduler.Default), stack) { IsBackground = true, Name = "BTF deduplication" }.Start();
        return work.WaitAsync(stop).GetAwaiter().GetResult();
    }
}

/// <summary>What was converted.</summary>
/// <param name="Path">The file with DWARF.</param>
/// <param name="OutputPath">The file the types are in: the same, or one of their own.</param>
/// <param name="Base">The file whose types these continue; null where they stand alone.</param>
/// <param name="Length">Bytes of header, types and strings.</param>
/// <param name="TypeCount">Types, without those of the base.</param>
/// <param name="FunctionCount">Functions among them.</param>
/// <param name="VariableCount">Per-CPU variables among them.</param>
public sealed record BtfConversion(string Path, string OutputPath, string? Base, int Length, int TypeCount, int FunctionCount, int VariableCount);
