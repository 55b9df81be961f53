using System.Text;
using KernelDebug.Elf;

namespace KernelDebug.Differential;

/// <summary>A module linked by ld with each section of code at an address of its own: the tools cannot tell them apart otherwise.</summary>
internal sealed class LinkedModule : IDisposable
{
    private const ulong First = 0x1000000;
    private readonly Dictionary<string, ulong> _addresses = [];
    private readonly string _directory = Directory.CreateTempSubdirectory("linked-module-").FullName;

    private LinkedModule() => Path = System.IO.Path.Combine(_directory, "linked");

    public string Path { get; }

    public ulong AddressOf(ElfSection section) => _addresses[section.Name];

    public static LinkedModule Make(ElfFile module)
    {
        var linked = new LinkedModule();
        var script = new StringBuilder("SECTIONS {\n");
        ulong next = First;
        foreach (ElfSection section in module.Sections.Where(s => s.IsCode).DistinctBy(s => s.Name))
        {
            linked._addresses[section.Name] = next;
            script.Append(System.Globalization.CultureInfo.InvariantCulture, $" {section.Name} 0x{next:x} : {{ *({section.Name}) }}\n");
            next += (section.Size + 0xffff) & ~0xffffUL;
        }

        string scriptPath = System.IO.Path.Combine(linked._directory, "script");
        File.WriteAllText(scriptPath, script.Append("}\n").ToString());
        Tool.Run(Tool.Binutils("ld", module), ["-T", scriptPath, "-e", "0", "--unresolved-symbols=ignore-all", "--noinhibit-exec", "-o", linked.Path, module.Path], []);
        return linked;
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
