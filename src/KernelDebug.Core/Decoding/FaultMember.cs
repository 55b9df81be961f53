using KernelDebug.Inference;
using KernelDebug.IO;
using KernelDebug.Records;
using KernelDebug.Symbolization;

namespace KernelDebug.Decoding;

/// <summary>Which member the fault of a report touched, with the files the report's places were resolved in.</summary>
internal static class FaultMember
{
    /// <returns>Null where the report is of no memory access, or nothing of it was resolved.</returns>
    public static MemberAccess? Infer(KernelSymbolizer symbolizer, PanicTrace trace, TraceFrame? stop, IReadOnlyList<TraceFrame> frames)
    {
        if (stop is null)
        {
            return null;
        }

        try
        {
            Caller[] callers = Callers(symbolizer, frames, stop);
            if (ListCheck(stop.Symbol) is { } check)
            {
                return callers is [var handing, ..] ? handing.Inference.AtListCheck(handing.ReturnAddress, check, Next(callers, 1)) : null;
            }

            // The address a general protection fault prints is the kernel's own reading of the instruction.
            bool isProtection = trace.Kind == PanicKind.GeneralProtectionFault;
            ulong? address = isProtection ? null : trace.FaultAddress;
            if (!isProtection && address is null)
            {
                return null;
            }

            if (stop.Location.Reference is { Symbol: null, Address: { } target } && target == address)
            {
                return callers is [var calling, ..] ? calling.Inference.AtCall(calling.ReturnAddress, trace.Registers, target, Next(callers, 1)) : null;
            }

            if (stop.Location is not { Candidates: [var found], IsAmbiguous: false } || symbolizer.FileOf(stop.Location) is not { } file)
            {
                return null;
            }

            if (file.Dwarf is not { } dwarf)
            {
                return new MemberAccess { Reason = "a symbol bundle has no types" };
            }

            return new MemberInference(file.Elf, file.Code, dwarf).AtFault(new MemoryFault
            {
                Instruction = found.LinkAddress,
                Registers = trace.Registers,
                Code = trace.Code is { IsUserSpace: false } code ? code : null,
                Address = address,
            }, Next(callers, 0));
        }
        catch (Exception damaged) when (damaged is BinaryFormatException or DllNotFoundException)
        {
            return new MemberAccess { Reason = damaged.Message };
        }
    }

    /// <summary>The function of lib/list_debug.c that stopped, without the compiler's suffix; null for others. Its first argument is the entry.</summary>
    private static string? ListCheck(string? symbol)
    {
        string? name = symbol?.Split('.', 2)[0];
        return name is "__list_del_entry_valid" or "__list_add_valid" or "__list_del_entry_valid_or_report" or "__list_add_valid_or_report" ? name : null;
    }

    /// <summary>The first frames that are return addresses the unwinder vouches for, as far as they are certain.</summary>
    private static Caller[] Callers(KernelSymbolizer symbolizer, IReadOnlyList<TraceFrame> frames, TraceFrame stop)
    {
        const int Enough = 2;
        var callers = new List<Caller>();
        foreach (TraceFrame frame in frames.Where(frame => frame is { IsReliable: true, Location.IsExact: false } && frame.Symbol != stop.Symbol).Take(Enough))
        {
            if (frame.Location is not { Candidates: [var found], IsAmbiguous: false } || symbolizer.FileOf(frame.Location) is not { Dwarf: { } dwarf } file)
            {
                break;
            }

            callers.Add(new Caller(new MemberInference(file.Elf, file.Code, dwarf), found.LinkAddress + 1));
        }

        return [.. callers];
    }

    private static Caller? Next(Caller[] callers, int index) => index < callers.Length ? callers[index] : null;
}
