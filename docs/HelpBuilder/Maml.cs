using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace KernelDebug.HelpBuilder;

/// <summary>A page as the MAML element that Get-Help reads (about_Comment_Based_Help's XML counterpart, maml.xsd of PowerShell).</summary>
internal static partial class Maml
{
    public static readonly XNamespace HelpItems = "http://msh";
    private static readonly XNamespace Text = "http://schemas.microsoft.com/maml/2004/10";
    private static readonly XNamespace Dev = "http://schemas.microsoft.com/maml/dev/2004/10";
    private static readonly XNamespace Cmd = "http://schemas.microsoft.com/maml/dev/command/2004/10";

    /// <exception cref="FormatException">A section that each page has is missing.</exception>
    public static XElement Command(Section page)
    {
        string[] name = page.Title.Split('-', 2);
        Dictionary<string, Section> parameters = page.Part("PARAMETERS").Parts.ToDictionary(part => part.Title.TrimStart('-'));
        return new XElement(
            Cmd + "command",
            new XAttribute(XNamespace.Xmlns + "maml", Text),
            new XAttribute(XNamespace.Xmlns + "command", Cmd),
            new XAttribute(XNamespace.Xmlns + "dev", Dev),
            new XElement(
                Cmd + "details",
                new XElement(Cmd + "name", page.Title),
                new XElement(Cmd + "verb", name[0]),
                new XElement(Cmd + "noun", name[1]),
                Paragraphs(Text + "description", page.Part("SYNOPSIS"))),
            Paragraphs(Text + "description", page.Part("DESCRIPTION")),
            new XElement(Cmd + "syntax", page.Part("SYNTAX").Parts.Prepend(page.Part("SYNTAX")).SelectMany(set => set.Blocks).Select(line => Syntax(page.Title, line, parameters))),
            new XElement(Cmd + "parameters", parameters.Select(pair => Parameter(pair.Key, pair.Value, null))),
            new XElement(Cmd + "inputTypes", page.Part("INPUTS").Parts.Select(part => Value(Cmd + "inputType", part))),
            new XElement(Cmd + "returnValues", page.Part("OUTPUTS").Parts.Select(part => Value(Cmd + "returnValue", part))),
            new XElement(Text + "alertSet", Paragraphs(Text + "alert", page.Part("NOTES"))),
            new XElement(Cmd + "examples", page.Part("EXAMPLES").Parts.Select(Example)),
            new XElement(
                Cmd + "relatedLinks",
                page.Part("RELATED LINKS").Paragraphs.Select(link => new XElement(Text + "navigationLink", new XElement(Text + "linkText", link), new XElement(Text + "uri")))));
    }

    /// <summary>One parameter set: which parameters, in the page's order, and which of them must be there.</summary>
    private static XElement Syntax(string command, string line, Dictionary<string, Section> parameters) => new(
        Cmd + "syntaxItem",
        new XElement(Text + "name", command),
        SyntaxParameter().Matches(line).Where(match => parameters.ContainsKey(match.Groups["name"].Value))
            .Select(match => Parameter(match.Groups["name"].Value, parameters[match.Groups["name"].Value], !match.Groups["optional"].Success)));

    private static XElement Parameter(string name, Section section, bool? isRequired)
    {
        Dictionary<string, string> facts = section.Blocks.Count > 0
            ? section.Blocks[0].Split('\n').Select(line => line.Split(':', 2)).Where(pair => pair.Length == 2).ToDictionary(pair => pair[0].Trim(), pair => pair[1].Trim())
            : throw new FormatException($"-{name} has no block of facts");
        string type = facts["Type"];
        bool isSwitch = type.EndsWith("SwitchParameter", StringComparison.Ordinal);
        string shown = type[(type.LastIndexOf('.') + 1)..];
        return new XElement(
            Cmd + "parameter",
            new XAttribute("required", (isRequired ?? facts["Required"] == "True") ? "true" : "false"),
            new XAttribute("variableLength", "true"),
            new XAttribute("globbing", facts["Accept wildcard characters"].ToLowerInvariant()),
            new XAttribute("pipelineInput", facts["Accept pipeline input"]),
            new XAttribute("position", facts["Position"].ToLowerInvariant()),
            new XAttribute("aliases", facts["Aliases"] is { Length: > 0 } aliases ? aliases : "none"),
            new XElement(Text + "name", name),
            Paragraphs(Text + "Description", section),
            isSwitch ? null : new XElement(Cmd + "parameterValue", new XAttribute("required", "true"), new XAttribute("variableLength", "false"), shown),
            new XElement(Dev + "type", new XElement(Text + "name", shown), new XElement(Text + "uri")),
            new XElement(Dev + "defaultValue", facts["Default value"]));
    }

    private static XElement Example(Section example) => new(
        Cmd + "example",
        new XElement(Text + "title", $"---- {example.Title} ----"),
        new XElement(Dev + "code", example.Blocks[0]),
        // A blank line before the next example's title.
        new XElement(Dev + "remarks", Paragraphs(Dev + "remarks", example).Elements(), new XElement(Text + "para")));

    private static XElement Value(XName name, Section section) => new(
        name,
        new XElement(Dev + "type", new XElement(Text + "name", section.Title)),
        Paragraphs(Text + "description", section));

    private static XElement Paragraphs(XName name, Section section) => new(name, section.Paragraphs.Select(text => new XElement(Text + "para", text)));

    // "[-Path] <String[]>" must be there, "[-Force]", "[-Release <String>]" and "[[-Name] <String[]>]" need not: there a bracket holds the
    // value too.
    [GeneratedRegex(@"(?<optional>\[)\[-(?<name>\w+)\] <[^>]+>\]|\[-(?<name>\w+)\](?= <)|(?<optional>\[)?-(?<name>\w+)(?(optional)(?: <[^>]+>)?\]|(?= |$))")]
    private static partial Regex SyntaxParameter();
}
