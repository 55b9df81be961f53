using KernelDebug.Btf;
using KernelDebug.Tests.Support;
using KernelDebug.Tracing;
using Xunit;

namespace KernelDebug.Tests.Tracing;

public sealed class HookChoiceTests
{
    private const uint IntId = 1, PointerId = 2, TellerId = 5, SampleId = 8;

    /// <summary>One program at both ends of a call is what a kernel has whose types say both: the way to attach it, and the function that it asks, with a parameter.</summary>
    [Theory]
    [InlineData("BPF_TRACE_FSESSION", 1, true)]
    [InlineData("BPF_TRACE_FSESSION", 0, false)]
    [InlineData("BPF_TRACE_KPROBE_SESSION", 1, false)]
    public void WholeCalls_TakeOneProgramWhereTheKernelHasSessions(string attachType, int parameters, bool isOne)
    {
        Assert.SkipUnless(System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.X64, "sessions are used on x86-64");
        using BtfFile kernel = Kernel(attachType, parameters);
        GeneratedProgram[] programs = Write(kernel, new FunctionTraceOptions { WithReturn = true });
        Assert.Equal(isOne ? ["fsession/sample"] : ["fentry/sample", "fexit/sample"], programs.Select(program => program.Section));

        // It is asked once, before anything else, and leads to what is done at the end.
        (int Place, string Text, string? Comment)[] lines = [.. programs.SelectMany(program => program.Code.Lines())];
        string[] texts = [.. lines.Select(line => line.Text)];
        Assert.Equal(isOne ? [$"call kernel-function#{TellerId}"] : [], texts.Where(text => text.Contains('#')));
        Assert.Equal(2, texts.Count(text => text == "exit"));
        Assert.Equal(isOne, texts[1].Contains('#') && texts[2].StartsWith("if r0 != 0x0 goto ", StringComparison.Ordinal));
        if (isOne)
        {
            // Where a call begins, it is noted; where the jump leads to, it is sent.
            int ended = lines[2].Place + 1 + Convert.ToInt32(texts[2][(texts[2].LastIndexOf('+') + 1)..], 16);
            Assert.All(lines.Where(line => line.Comment == "Update"), line => Assert.True(line.Place < ended));
            Assert.All(lines.Where(line => line.Comment == "OutputRecord"), line => Assert.True(line.Place >= ended));
            Assert.Equal(["Update", "OutputRecord"], lines.Select(line => line.Comment).Where(comment => comment is "Update" or "OutputRecord"));
        }
    }

    [Fact]
    public void Beginnings_AreMetByTheirOwnProgram()
    {
        using BtfFile kernel = Kernel("BPF_TRACE_FSESSION", 1);
        Assert.Equal(["fentry/sample"], Write(kernel, new FunctionTraceOptions()).Select(program => program.Section));
    }

    private static GeneratedProgram[] Write(BtfFile kernel, FunctionTraceOptions options)
    {
        var sample = (BtfFunction)kernel[SampleId];
        TraceHook hook = new HookChoice(options, 1, kernel).Of(new TraceFunction("sample", null, TraceFunctionSource.Btf, new Traceable(sample)), options.OfWholeCalls);
        var layout = new FunctionLayout("sample", sample.Prototype.Parameters, sample.Prototype.ReturnType, kernel, hook, options, new StackOrigin([], []));
        return [.. new FunctionProgramWriter("sample", 0, hook, options, layout).Write()];
    }

    private static BtfFile Kernel(string attachType, int parameters)
    {
        var builder = new BtfBuilder();
        uint[] taken = parameters == 0 ? [] : [builder.String("ctx"), PointerId];
        return builder.Int()
            .Type(BtfKind.Pointer, "", 0)
            .Type(BtfKind.Enum, "bpf_attach_type", 4, 1, false, builder.String(attachType), 58)
            .Type(BtfKind.FunctionPrototype, "", IntId, parameters, false, taken)
            .Type(BtfKind.Function, HookChoice.EndTeller, TellerId - 1)
            .Type(BtfKind.Pointer, "", IntId)
            .Type(BtfKind.FunctionPrototype, "", IntId, 1, false, builder.String("count"), IntId)
            .Type(BtfKind.Function, "sample", SampleId - 1)
            .Open();
    }

    private sealed class Traceable(BtfFunction function) : FunctionOrigin
    {
        public override BtfFunction? FindFunction(TraceFunction traced) => function;

        public override TraceVerdict Judge(TraceFunction traced) => new() { CanFentry = true, CanFexit = true, CanKprobe = true, CanFtrace = true, HasOwnTypes = true, Reasons = [] };
    }
}
