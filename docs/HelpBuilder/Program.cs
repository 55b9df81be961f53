using System.Xml.Linq;
using KernelDebug.HelpBuilder;

// HelpBuilder PAGES OUTPUT: one MAML file, as Get-Help reads it, of the pages of a folder.
if (args.Length != 2 || !Directory.Exists(args[0]))
{
    Console.Error.WriteLine("usage: HelpBuilder PAGES-FOLDER OUTPUT.xml");
    return 2;
}

try
{
    string[] pages = Directory.GetFiles(args[0], "*-*.md").Order(StringComparer.Ordinal).ToArray();
    var items = new XElement(Maml.HelpItems + "helpItems", new XAttribute("schema", "maml"), pages.Select(page => Maml.Command(HelpPage.Read(page))));
    Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(args[1]))!);
    new XDocument(items).Save(args[1]);
    Console.WriteLine($"{args[1]}: {pages.Length} commands");
    return 0;
}
catch (FormatException wrong)
{
    Console.Error.WriteLine(wrong.Message);
    return 1;
}
