using System.Globalization;
using KernelDebug.Records;

namespace KernelDebug.Triage;

/// <summary>What follows from a report: the faulting address, the registers' bits, and the facts of the rules' tables.</summary>
public static class Diagnoses
{
    private static readonly DiagnosisRule[] s_rules =
        [.. SlabRules.All, .. PoisonRules.All, .. AddressRules.All, .. ExecutionRules.All, .. ListRules.All, .. CheckRules.All, .. WaitRules.All, .. MemoryRules.All];

    /// <summary>The report with <see cref="PanicTrace.FaultAddress"/>, <see cref="PanicTrace.DecodedRegisters"/> and <see cref="PanicTrace.Diagnosis"/>.</summary>
    public static PanicTrace Complete(PanicTrace report)
    {
        ArgumentNullException.ThrowIfNull(report);
        PanicTrace addressed = report with { FaultAddress = FaultAddresses.Of(report) };
        var evidence = new CrashEvidence(addressed);
        return addressed with
        {
            DecodedRegisters = RegisterBits.Decode(evidence),
            // What somebody asked to see is no crash: its registers are of whatever ran.
            Diagnosis = report.Severity == PanicSeverity.Notice ? [] : s_rules.SelectMany(rule => rule.Find(evidence).Select(finding => Fact(rule, finding))).ToArray(),
        };
    }

    private static DiagnosisFact Fact(DiagnosisRule rule, Finding finding) =>
        new(rule.Id, string.Format(CultureInfo.InvariantCulture, rule.Statement, [.. finding.Words]), finding.Evidence, rule.Source);
}
