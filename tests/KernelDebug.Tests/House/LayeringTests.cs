using KernelDebug.Records;
using Xunit;

namespace KernelDebug.Tests.House;

public class LayeringTests
{
    private const string Sample = "KernelDebug.Tests.House.Sample";

    private static readonly Dictionary<string, IReadOnlySet<string>> SampleAllowed = new()
    {
        ["Lower"] = new HashSet<string>(),
        ["Upper"] = new HashSet<string> { "Lower" },
    };

    [Fact]
    public void Rooms_know_only_the_rooms_below_them()
    {
        var references = RoomReferences.Read(typeof(PanicTrace).Assembly.Location, "KernelDebug");
        Assert.Empty(Layers.Violations(references, Layers.Allowed));
    }

    [Fact]
    public void The_table_itself_has_no_way_round()
    {
        // A room may only know rooms that do not, over any path, know it.
        HashSet<string> Reachable(string room, HashSet<string> seen)
        {
            foreach (string next in Layers.Allowed.TryGetValue(room, out var rooms) ? rooms : new HashSet<string>())
                if (seen.Add(next))
                    Reachable(next, seen);
            return seen;
        }

        Assert.DoesNotContain(Layers.Allowed.Keys, room => Reachable(room, []).Contains(room));
    }

    [Fact]
    public void Every_room_of_the_engine_is_in_the_table()
    {
        var rooms = typeof(PanicTrace).Assembly.GetTypes()
            .Select(type => type.Namespace ?? "").Where(name => name == "KernelDebug" || name.StartsWith("KernelDebug.", StringComparison.Ordinal))
            .Select(name => name == "KernelDebug" ? "" : name["KernelDebug.".Length..]).Distinct();
        Assert.Subset(Layers.Allowed.Keys.ToHashSet(), rooms.ToHashSet());
    }

    [Theory]
    [InlineData("ByField", "UpperThing")]
    [InlineData("ByLambda", "UpperThing")]
    [InlineData("ByStaticCall", "UpperMore")]
    [InlineData("ByTypeArgument", "UpperThing")]
    [InlineData("ByMark", "UpperMarkAttribute")]
    [InlineData("BehindSwitch", "UpperThing")]
    [InlineData("ByCatch", "UpperException")]
    public void The_checker_sees_a_lower_room_that_knows_an_upper_one(string from, string to) =>
        Assert.Contains($"{Sample}.Lower.{from} -> {Sample}.Upper.{to}", SampleViolations());

    [Fact]
    public void The_checker_sees_a_platform_call_outside_its_rooms() =>
        Assert.Contains($"{Sample}.Lower.ByImport -> P/Invoke None", SampleViolations());

    [Fact]
    public void The_checker_sees_a_connection_outside_its_room() =>
        Assert.Contains($"{Sample}.Lower.ByConnection -> Dns", SampleViolations());

    [Fact]
    public void The_checker_sees_a_room_that_is_not_in_the_table() =>
        Assert.Contains($"{Sample}.Unnamed.Stranger -> {Sample}.Lower.Innocent", SampleViolations());

    [Fact]
    public void The_checker_lets_an_upper_room_know_a_lower_one() =>
        Assert.DoesNotContain(SampleViolations(), violation => violation.StartsWith($"{Sample}.Upper.", StringComparison.Ordinal));

    private static IReadOnlyList<string> SampleViolations() =>
        Layers.Violations(RoomReferences.Read(typeof(LayeringTests).Assembly.Location, Sample), SampleAllowed);
}
