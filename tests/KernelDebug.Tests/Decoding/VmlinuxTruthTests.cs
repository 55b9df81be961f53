using KernelDebug.Decoding;
using KernelDebug.Records;
using KernelDebug.Tests.KernelLog;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Decoding;

/// <summary>The same with the kernel's own 633 MB of debug information, where the machine has it: opened once for all cases.</summary>
public sealed class VmlinuxTruthTests(VmlinuxTruthTests.Decoder shared) : IClassFixture<VmlinuxTruthTests.Decoder>
{
    public static TheoryData<string> Cases => FrameTruthTests.Cases;

    public static TheoryData<string, string> Renderings => RenderingTests.Renderings;

    [Theory, MemberData(nameof(Cases))]
    public void Every_frame_is_the_truth(string name) =>
        FrameTruthTests.Compare(name, shared.Decode(LogFixtures.ReadLines(FrameTruthTests.Area, name, "oops.log")), _ => true);

    [Theory, MemberData(nameof(Renderings))]
    public void Every_rendering_gives_the_truth(string name, string file) =>
        RenderedFramesTests.Compare(shared.Decode, name, file, hasVmlinux: true);

    [Theory, MemberData(nameof(Cases))]
    public void Traces_carry_the_truth(string name)
    {
        ILookup<int, FrameTruth> truth = FrameTruth.OfCase(name);
        int compared = 0;
        foreach (PanicTrace trace in LogFixtures.Traces(FrameTruthTests.Area, name, "oops.log"))
        {
            PanicTrace decoded = shared.Decode(trace);
            Assert.Equal(trace.CallTrace.Select(f => f.LineNumber), decoded.CallTrace.Select(f => f.LineNumber));
            Assert.Equal(trace.InstructionPointer?.LineNumber, decoded.InstructionPointer?.LineNumber);
            foreach (TraceFrame frame in decoded.CallTrace.Append(decoded.InstructionPointer!).Where(f => f?.Symbol is not null))
            {
                Assert.Single(truth[frame.LineNumber], t => t.Symbol == frame.Symbol).AssertIs(frame.Location);
                compared++;
            }
        }

        Assert.True(compared > 0, "no frame was compared");
    }

    public sealed class Decoder : IDisposable
    {
        private readonly List<Diagnostic> _complaints = [];
        private LogDecoder? _decoder;

        internal IReadOnlyList<DecodedLine> Decode(string[] lines) => [.. lines.SelectMany(Open().Add)];

        internal PanicTrace Decode(PanicTrace trace) => Open().Decode(trace);

        public void Dispose()
        {
            _decoder?.Complete();
            _decoder?.Dispose();
            Assert.Empty(_complaints);
        }

        private LogDecoder Open()
        {
            Assert.SkipWhen(DecodedLog.Vmlinux is null, DecodedLog.NeedsVmlinux);
            DecodeOptions options = new() { Symbols = DecodedLog.WithModule(DecodedLog.SampleModule) with { Vmlinux = DecodedLog.Vmlinux } };
            return _decoder ??= new LogDecoder(options, d => { if (d.Severity != DiagnosticSeverity.Verbose) { _complaints.Add(d); } });
        }
    }
}
