using System.Globalization;
using System.Xml.Linq;
using KernelDebug.Formatting;
using Xunit;

namespace KernelDebug.Tests.Formatting;

/// <summary>
/// Flame graphs as a reader of XML sees them. The truth is counted from the stacks by their beginnings: a frame's share is that of the
/// stacks that begin with it and all below it.
/// </summary>
public sealed class FlameGraphTests
{
    private const double Left = 10;
    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";

    /// <summary>A rectangle as it is drawn.</summary>
    private sealed record Box(string Name, double X, double Width, double Y, string Fill, string? Label)
    {
        public bool Holds(Box other) => other.X >= X - 0.02 && other.X + other.Width <= X + Width + 0.02;
    }

    private static XElement Draw(IEnumerable<(string Stack, long Count)> stacks, FlameGraphOptions? options = null)
    {
        var graph = new FlameGraph();
        foreach ((string stack, long count) in stacks)
        {
            graph.Add(stack.Split(';'), count);
        }

        return Draw(graph, options, out int _);
    }

    private static XElement Draw(FlameGraph graph, FlameGraphOptions? options, out int omitted)
    {
        var text = new StringWriter();
        omitted = FlameGraphSvg.Write(text, graph, options ?? new FlameGraphOptions());
        return XDocument.Parse(text.ToString()).Root!;
    }

    private static List<Box> Boxes(XElement svg) =>
    [
        .. svg.Elements(s_svg + "g").Elements(s_svg + "g").Select(frame =>
        {
            XElement rect = frame.Element(s_svg + "rect")!;
            string title = frame.Element(s_svg + "title")!.Value;
            return new Box(title[..title.LastIndexOf(" (", StringComparison.Ordinal)], Number(rect, "x"), Number(rect, "width"), Number(rect, "y"), rect.Attribute("fill")!.Value, frame.Element(s_svg + "text")?.Value);
        }),
    ];

    private static double Number(XElement element, string name) => double.Parse(element.Attribute(name)!.Value, CultureInfo.InvariantCulture);

    /// <summary>The path of each rectangle by what lies below it, and its share of the whole width.</summary>
    private static Dictionary<string, double> Shares(XElement svg)
    {
        List<Box> boxes = Boxes(svg);
        double width = boxes.Max(box => box.Width);
        return boxes.ToDictionary(
            box => string.Join(';', boxes.Where(below => below.Y > box.Y && below.Holds(box)).OrderByDescending(below => below.Y).Append(box).Select(part => part.Name)),
            box => box.Width / width);
    }

    public static TheoryData<int, int, int> Cases => new() { { 1, 1, 1 }, { 2, 20, 3 }, { 3, 200, 6 }, { 4, 400, 12 } };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Each_rectangle_s_share_is_that_of_the_stacks_that_begin_so(int seed, int number, int depth)
    {
        var random = new Random(seed);
        List<(string Stack, long Count)> stacks =
        [
            .. Enumerable.Range(0, number).Select(_ => (string.Join(';', Enumerable.Range(0, 1 + random.Next(depth)).Select(_ => "f" + random.Next(4))), (long)random.Next(1, 100))),
        ];
        var truth = new Dictionary<string, long> { ["all"] = stacks.Sum(stack => stack.Count) };
        foreach ((string stack, long count) in stacks)
        {
            string[] parts = stack.Split(';');
            for (int length = 1; length <= parts.Length; length++)
            {
                string beginning = "all;" + string.Join(';', parts.Take(length));
                truth[beginning] = truth.GetValueOrDefault(beginning) + count;
            }
        }

        Dictionary<string, double> shares = Shares(Draw(stacks, new FlameGraphOptions { Width = 10_000 }));

        Assert.Equal(truth.Keys.Order(StringComparer.Ordinal), shares.Keys.Order(StringComparer.Ordinal));
        Assert.All(shares, share => Assert.Equal((double)truth[share.Key] / truth["all"], share.Value, 2e-6));
    }

    [Fact]
    public void Counts_are_in_the_titles_and_labels_fit()
    {
        XElement svg = Draw([("a;a_function_with_a_name_that_is_far_too_long_for_it", 1), ("a;b", 9)], new FlameGraphOptions { Width = 400, Title = "What <it> does" });

        Assert.Contains("b (9 of 10, 90.00 %)", svg.Descendants(s_svg + "title").Select(title => title.Value));
        Assert.Equal("What <it> does", svg.Element(s_svg + "title")!.Value);
        Box narrow = Boxes(svg).Single(box => box.Name.StartsWith("a_function", StringComparison.Ordinal));
        Assert.Equal("a_..", narrow.Label);
    }

    [Fact]
    public void The_outermost_is_at_the_bottom_and_as_an_icicle_at_the_top()
    {
        Assert.Equal(["all", "a", "b"], Boxes(Draw([("a;b", 1)])).OrderByDescending(box => box.Y).Select(box => box.Name));
        Assert.Equal(["all", "a", "b"], Boxes(Draw([("a;b", 1)], new FlameGraphOptions { IsIcicle = true })).OrderBy(box => box.Y).Select(box => box.Name));
    }

    [Fact]
    public void Colours_tell_modules_and_are_the_same_each_time()
    {
        Dictionary<string, string> fills = Boxes(Draw([("a;b [gtpsim];0xffffffff81000000", 1), ("b;a [x]", 1)])).GroupBy(box => box.Name).ToDictionary(group => group.Key, group => group.First().Fill);

        Assert.InRange(Hue(fills["a"]), 0, 60);
        Assert.InRange(Hue(fills["b [gtpsim]"]), 180, 240);
        Assert.InRange(Hue(fills["a [x]"]), 180, 240);
        Assert.Equal("#ccc", fills["0xffffffff81000000"]);
        Assert.Equal(fills["a"], Boxes(Draw([("z;a", 5)])).Single(box => box.Name == "a").Fill);
    }

    private static int Hue(string fill) => int.Parse(fill.AsSpan(4, fill.IndexOf(',', StringComparison.Ordinal) - 4), CultureInfo.InvariantCulture);

    [Fact]
    public void Names_made_to_harm_are_text()
    {
        const string Evil = "</title><script>alert(1)</script>&\"'\u001b[31m\r\n\0\u202e\uffff\ud800]]>";

        Box box = Boxes(Draw([($"a;{Evil}", 1)])).Single(box => box.Name.StartsWith('<'));

        Assert.Equal("</title><script>alert(1)</script>&\"'\\x1b[31m\\x0d\\x0a\\x00\\u202e\\uffff\\ud800]]>", box.Name);
    }

    [Fact]
    public void Narrow_frames_are_counted_and_not_drawn()
    {
        var graph = new FlameGraph();
        graph.Add(["a", "wide"], 1_000_000);
        graph.Add(["a", "narrow", "more"], 1);

        XElement svg = Draw(graph, null, out int omitted);

        Assert.Equal(2, omitted);
        Assert.Equal(["all", "a", "wide"], Boxes(svg).Select(box => box.Name));
        Assert.Contains("a (1000001 of 1000001, 100.00 %)", svg.Descendants(s_svg + "title").Select(title => title.Value));
        Assert.Contains(svg.Elements(s_svg + "text"), text => text.Value.Contains("2 frames narrower", StringComparison.Ordinal));
    }

    [Fact]
    public void A_stack_that_is_too_deep_is_cut_and_says_so()
    {
        var graph = new FlameGraph();
        graph.Add(Enumerable.Repeat("f", 100_000), 3);

        XElement svg = Draw(graph, null, out int _);

        Assert.Equal((FlameGraph.MaxDepth + 1, 1L), (graph.Depth, graph.CutStacks));
        Assert.Equal(FlameGraph.MaxDepth + 2, Boxes(svg).Count);
        Assert.Equal(FlameGraph.Deeper, Boxes(svg).MinBy(box => box.Y)!.Name);
        Assert.Contains(svg.Elements(s_svg + "text"), text => text.Value.Contains("1 stacks deeper than 1000", StringComparison.Ordinal));
    }

    [Fact]
    public void Functions_without_end_are_merged_and_all_are_counted()
    {
        var graph = new FlameGraph();
        for (int i = 0; i < FlameGraph.MaxNodes * 2; i++)
        {
            graph.Add(["a", new string((char)('a' + i % 26), 2 * FlameGraph.MaxNameLength) + i, "n" + i], 1);
        }

        graph.Add(["b"], 1);

        List<FlameGraphFrame> frames = [.. graph.Frames()];
        Assert.Equal(FlameGraph.MaxNodes * 2 + 1, graph.Total);
        Assert.InRange(frames.Count, FlameGraph.MaxNodes, FlameGraph.MaxNodes + 100);
        Assert.All(frames, frame => Assert.InRange(frame.Name.Length, 1, FlameGraph.MaxNameLength));
        Assert.Equal(graph.Total, frames.Where(frame => frame.Depth == 1).Sum(frame => frame.Count));
        Assert.True(graph.MergedStacks > 0);
    }

    [Fact]
    public void Counts_do_not_overflow()
    {
        var graph = new FlameGraph();
        graph.Add(["a"], long.MaxValue - 1);

        Assert.Throws<ArgumentOutOfRangeException>(() => graph.Add(["a"], 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => graph.Add(["a"], 0));
        graph.Add(["b"], 1);
        Assert.Equal(["all", "a"], Boxes(Draw(graph, null, out int _)).Select(box => box.Name));
    }

    [Fact]
    public void The_same_stacks_in_another_order_are_the_same_file()
    {
        (string, long)[] stacks = [("a;b;c", 3), ("a;b", 2), ("d", 1), ("a;x", 7)];

        Assert.Equal(Draw(stacks).ToString(), Draw(stacks.Reverse()).ToString());
    }
}
