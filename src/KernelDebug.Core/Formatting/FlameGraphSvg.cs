using System.Globalization;
using System.Text;
using System.Xml;

namespace KernelDebug.Formatting;

/// <summary>How a flame graph is drawn.</summary>
public sealed record FlameGraphOptions
{
    /// <summary>What is written above it.</summary>
    public string Title { get; init; } = "Flame graph";

    /// <summary>Its width in pixels.</summary>
    public int Width { get; init; } = 1200;

    /// <summary>True for the outermost frame at the top, so that stacks grow downwards.</summary>
    public bool IsIcicle { get; init; }
}

/// <summary>
/// Flame graphs as SVG: one file with all that is in it, which a browser shows. A click zooms into a frame, a search marks names.
/// </summary>
public static class FlameGraphSvg
{
    private const string Namespace = "http://www.w3.org/2000/svg";
    private const int Margin = 10, Top = 56, FrameHeight = 16;

    /// <summary>Of a monospaced font of 12 pixels.</summary>
    private const double CharacterWidth = 7.2;

    /// <summary>Frames narrower than this, in pixels, are not drawn: nobody sees them, and there may be a hundred thousand.</summary>
    private const double LeastWidth = 0.1;

    private const string Style = """
        text { font-family: monospace; font-size: 12px; fill: #222; }
        #title { font-size: 16px; text-anchor: middle; }
        #matched { text-anchor: end; }
        .button { cursor: pointer; text-decoration: underline; }
        #frames g { cursor: pointer; }
        #frames rect { stroke: #fff; stroke-width: 0.3; }
        #frames text { pointer-events: none; }
        #frames g:hover rect { stroke: #000; stroke-width: 0.8; }
        #frames g.below rect { opacity: 0.5; }
        #frames g.match rect { fill: #e8f; }
        """;

    /// <summary>Frames have their counts as data, so that a place is worked out anew for each zoom.</summary>
    private const string Script = """

        "use strict";
        (function () {
            var svg = document.documentElement;
            var margin = +svg.getAttribute("data-margin"), inner = +svg.getAttribute("width") - 2 * margin, letter = +svg.getAttribute("data-letter");
            var frames = Array.from(document.querySelectorAll("#frames g")).map(function (group) {
                var shown = group.querySelector("title").textContent;
                return {
                    group: group, box: group.querySelector("rect"), label: group.querySelector("text"), name: shown.slice(0, shown.lastIndexOf(" (")),
                    start: +group.getAttribute("data-start"), count: +group.getAttribute("data-count"), depth: +group.getAttribute("data-depth")
                };
            });
            var whole = { start: 0, count: +svg.getAttribute("data-total"), depth: 0 };

            function place(frame, x, width) {
                frame.box.setAttribute("x", x.toFixed(2));
                frame.box.setAttribute("width", width.toFixed(2));
                var room = Math.floor((width - 6) / letter);
                var text = room < 3 ? "" : frame.name.length <= room ? frame.name : frame.name.slice(0, room - 2) + "..";
                if (!frame.label && text) {
                    frame.label = frame.group.appendChild(document.createElementNS(svg.namespaceURI, "text"));
                    frame.label.setAttribute("y", +frame.box.getAttribute("y") + 12);
                }
                if (frame.label) {
                    frame.label.setAttribute("x", (x + 3).toFixed(2));
                    frame.label.textContent = text;
                }
            }

            function zoom(to) {
                frames.forEach(function (frame) {
                    var isWithin = frame.depth >= to.depth && frame.start >= to.start && frame.start + frame.count <= to.start + to.count;
                    var isBelow = frame.depth < to.depth && frame.start <= to.start && frame.start + frame.count >= to.start + to.count;
                    frame.group.style.display = isWithin || isBelow ? "" : "none";
                    frame.group.classList.toggle("below", isBelow);
                    if (isBelow) {
                        place(frame, margin, inner);
                    } else if (isWithin) {
                        place(frame, margin + (frame.start - to.start) / to.count * inner, frame.count / to.count * inner);
                    }
                });
                document.getElementById("reset").style.display = to === whole ? "none" : "";
            }

            function search(text) {
                var fits = function () { return false; };
                if (text) {
                    try {
                        var pattern = new RegExp(text, "i");
                        fits = function (name) { return pattern.test(name); };
                    } catch (notAPattern) {
                        fits = function (name) { return name.toLowerCase().includes(text.toLowerCase()); };
                    }
                }
                var end = 0, sum = 0;
                frames.slice().sort(function (a, b) { return a.start - b.start || a.depth - b.depth; }).forEach(function (frame) {
                    var isMatch = fits(frame.name);
                    frame.group.classList.toggle("match", isMatch);
                    if (isMatch && frame.start >= end) {
                        end = frame.start + frame.count;
                        sum += frame.count;
                    }
                });
                document.getElementById("matched").textContent = text ? "matched: " + (100 * sum / whole.count).toFixed(2) + " %" : "";
            }

            frames.forEach(function (frame) { frame.group.addEventListener("click", function () { zoom(frame); }); });
            document.getElementById("reset").addEventListener("click", function () { zoom(whole); });
            document.getElementById("search").addEventListener("click", function () { search(prompt("Names that match (a regular expression):", "")); });
            document.addEventListener("keydown", function (event) {
                if (event.key === "Escape") {
                    zoom(whole);
                    search("");
                }
            });
        })();

        """;

    /// <summary>Draws a graph.</summary>
    /// <param name="to">Takes the SVG.</param>
    /// <param name="graph">The graph; it has a stack at least.</param>
    /// <param name="options">How.</param>
    /// <param name="stop">Ends it.</param>
    /// <returns>The number of frames that were too narrow to be drawn.</returns>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public static int Write(TextWriter to, FlameGraph graph, FlameGraphOptions options, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(to);
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(options);
        int inner = options.Width - 2 * Margin;
        List<FlameGraphFrame> all = [.. graph.Frames()];
        List<FlameGraphFrame> drawn = [.. all.Where(frame => (double)frame.Count / graph.Total * inner >= LeastWidth)];
        int omitted = all.Count - drawn.Count;
        int deepest = drawn.Max(frame => frame.Depth);
        int height = Top + (deepest + 1) * FrameHeight + Margin;

        using var svg = XmlWriter.Create(to, new XmlWriterSettings { Indent = true, IndentChars = " ", NewLineChars = "\n", CloseOutput = false });
        svg.WriteStartElement("svg", Namespace);
        Attributes(svg, ("version", "1.1"), ("width", options.Width), ("height", height), ("viewBox", $"0 0 {options.Width} {height}"),
            ("data-margin", Margin), ("data-letter", CharacterWidth), ("data-total", graph.Total));
        svg.WriteElementString("title", Namespace, Text(options.Title));
        svg.WriteElementString("style", Namespace, Style);
        Element(svg, "rect", null, ("width", "100%"), ("height", "100%"), ("fill", "#fafafa"));
        Element(svg, "text", Text(options.Title), ("id", "title"), ("x", options.Width / 2), ("y", 22));
        Element(svg, "text", "reset zoom", ("id", "reset"), ("class", "button"), ("x", Margin), ("y", 22), ("style", "display: none"));
        Element(svg, "text", "search", ("id", "search"), ("class", "button"), ("x", options.Width - Margin - 6 * CharacterWidth), ("y", 22));
        Element(svg, "text", "", ("id", "matched"), ("x", options.Width - Margin), ("y", 44));
        Element(svg, "text", Summary(graph, omitted), ("id", "summary"), ("x", Margin), ("y", 44));
        svg.WriteStartElement("g", Namespace);
        svg.WriteAttributeString("id", "frames");
        foreach (FlameGraphFrame frame in drawn)
        {
            stop.ThrowIfCancellationRequested();
            int y = Top + (options.IsIcicle ? frame.Depth : deepest - frame.Depth) * FrameHeight;
            Draw(svg, frame, graph.Total, Margin + (double)frame.Start / graph.Total * inner, (double)frame.Count / graph.Total * inner, y);
        }

        svg.WriteEndElement();
        svg.WriteStartElement("script", Namespace);
        svg.WriteCData(Script);
        svg.WriteEndElement();
        svg.WriteEndElement();
        return omitted;
    }

    /// <summary>Draws a graph beside its place and puts it there when it is whole.</summary>
    /// <inheritdoc cref="Write"/>
    /// <param name="path">The file.</param>
    /// <param name="graph">The graph; it has a stack at least.</param>
    /// <param name="options">How.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory is not writable.</exception>
    public static int Save(string path, FlameGraph graph, FlameGraphOptions options, CancellationToken stop = default)
    {
        string temporary = $"{path}.{Guid.NewGuid():n}.tmp";
        try
        {
            int omitted;
            using (var stream = new StreamWriter(temporary, new UTF8Encoding(false), new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write }))
            {
                omitted = Write(stream, graph, options, stop);
            }

            File.Move(temporary, path, overwrite: true);
            return omitted;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static void Draw(XmlWriter svg, FlameGraphFrame frame, long total, double x, double width, int y)
    {
        string name = Text(frame.Name);
        svg.WriteStartElement("g", Namespace);
        Attributes(svg, ("data-start", frame.Start), ("data-count", frame.Count), ("data-depth", frame.Depth));
        svg.WriteElementString("title", Namespace, string.Create(CultureInfo.InvariantCulture, $"{name} ({frame.Count} of {total}, {100.0 * frame.Count / total:0.00} %)"));
        Element(svg, "rect", null, ("x", x.ToString("0.00", CultureInfo.InvariantCulture)), ("y", y), ("width", width.ToString("0.00", CultureInfo.InvariantCulture)),
            ("height", FrameHeight - 1), ("fill", Colour(frame)));
        int room = (int)((width - 6) / CharacterWidth);
        if (room >= 3)
        {
            string label = name.Length <= room ? name : Text(name[..(room - 2)]) + "..";
            Element(svg, "text", label, ("x", (x + 3).ToString("0.00", CultureInfo.InvariantCulture)), ("y", y + 12));
        }

        svg.WriteEndElement();
    }

    private static string Summary(FlameGraph graph, int omitted)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{graph.Total} in all");
        if (omitted > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"; {omitted} frames narrower than {LeastWidth} px are counted and not drawn");
        }

        if (graph.CutStacks > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"; {graph.CutStacks} stacks deeper than {FlameGraph.MaxDepth} frames are cut there");
        }

        if (graph.MergedStacks > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"; {graph.MergedStacks} stacks beyond {FlameGraph.MaxNodes} frames are drawn as {FlameGraph.Others}");
        }

        return text.ToString();
    }

    /// <summary>The same for the same function always: warm for the kernel, cold for modules, grey for what is no function.</summary>
    private static string Colour(FlameGraphFrame frame)
    {
        bool isNone = frame.Depth == 0 || frame.Name is FlameGraph.Deeper or FlameGraph.Others || frame.Name.StartsWith("0x", StringComparison.Ordinal);
        uint hash = 2166136261;
        foreach (char c in frame.Name)
        {
            // FNV-1a.
            hash = (hash ^ c) * 16777619;
        }

        uint shade = hash >> 16;
        return isNone ? "#ccc" : $"hsl({(frame.IsOfModule ? 185 : 8) + shade % 40}, 75%, {58 + (shade >> 8) % 12}%)";
    }

    /// <summary>Text that a terminal and an XML reader take; U+FFFE and U+FFFF are no characters of XML.</summary>
    private static string Text(string text) => ControlText.MakeNameVisible(text).Replace("\ufffe", "\\ufffe", StringComparison.Ordinal).Replace("\uffff", "\\uffff", StringComparison.Ordinal);

    private static void Element(XmlWriter svg, string name, string? text, params ReadOnlySpan<(string Name, object Value)> attributes)
    {
        svg.WriteStartElement(name, Namespace);
        Attributes(svg, attributes);
        if (text is not null)
        {
            svg.WriteString(text);
        }

        svg.WriteEndElement();
    }

    private static void Attributes(XmlWriter svg, params ReadOnlySpan<(string Name, object Value)> attributes)
    {
        foreach ((string name, object value) in attributes)
        {
            svg.WriteAttributeString(name, Convert.ToString(value, CultureInfo.InvariantCulture));
        }
    }
}
