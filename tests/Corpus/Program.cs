using KernelDebug.Corpus;
using KernelDebug.KernelLog;

// Holds the report parser against the expectations of syzkaller's corpus, which is not part of this repository:
//   Corpus DIRECTORY [-v] [FILE ...]
// Prints a row for each file that differs, and the counts.
if (args.Length == 0)
{
    Console.Error.WriteLine("usage: Corpus DIRECTORY [-v] [FILE ...]");
    return 2;
}

bool isVerbose = args.Contains("-v");
string[] names = args[1..].Where(a => a != "-v").ToArray();
var files = (names.Length > 0 ? names.Select(n => Path.Combine(args[0], n)) : Directory.EnumerateFiles(args[0]))
    .OrderBy(f => int.TryParse(Path.GetFileName(f), out int number) ? number : int.MaxValue).Select(CorpusFile.Read);
var tally = new Tally();
foreach (CorpusFile file in files)
{
    var reports = PanicTraceParser.ParseAll(file.Log);
    Verdict verdict = Judge.Compare(file, reports);
    tally.Add(verdict);
    if (isVerbose || !verdict.IsAgreement)
    {
        Console.WriteLine(verdict);
    }
}

Console.WriteLine(tally);
return 0;
