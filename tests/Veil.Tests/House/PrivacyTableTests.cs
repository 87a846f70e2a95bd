using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Xunit;

namespace Veil.Tests.House;

/// <summary>What nodes write down is listed where people look it up (spec/privacy.md).</summary>
public sealed partial class PrivacyTableTests
{
    private const string Spec = "spec/privacy.md";

    private static readonly IReadOnlyList<SourceFile> _product = SourceTree.Code("src");

    [Fact]
    public void Each_event_id_means_one_thing_and_is_listed()
    {
        var events = (from file in _product
                      from attribute in file.Root.DescendantNodes().OfType<AttributeSyntax>()
                      where attribute.Name.ToString() == "LoggerMessage"
                      let text = attribute.ArgumentList?.Arguments.FirstOrDefault()?.ToString()
                      select (Id: int.TryParse(text, out var id) ? id : -1, Place: file.At(attribute, $"event {text}")))
            .ToArray();
        var listed = ListedEvents().ToArray();

        Assert.True(events.Length > 20, $"only {events.Length} events were found");
        SourceTree.AssertNone(
        [
            .. from found in events where found.Id < 0 select $"{found.Place} has no number first",
            .. from same in events.GroupBy(found => found.Id)
               where same.Count() > 1
               from found in same
               select $"{found.Place} is {same.Count()} events",
            .. from found in events
               where !listed.Any(range => found.Id >= range.First && found.Id <= range.Last)
               select $"{found.Place} is not listed in {Spec}, section 1",
        ]);
    }

    [Fact]
    public void Each_instrument_is_listed_and_no_other()
    {
        var instruments = from file in _product
                          where file.Path.StartsWith("src/Veil.Node/Metrics/", StringComparison.Ordinal)
                          from literal in file.Root.DescendantNodes().OfType<LiteralExpressionSyntax>()
                          let name = literal.Token.ValueText
                          where Instrument().IsMatch(name)
                          select name.Replace('.', '_');
        var listed = from row in Rows()
                     from Match name in Exported().Matches(row)
                     select name.Groups[1].Value;

        // The counter's name in the exported form has the suffix of its kind (Prometheus' text form).
        Assert.Equal(
            instruments.Select(name => name == "veil_events" ? "veil_events_total" : name).Order(), listed.Order());
    }

    private static IEnumerable<(int First, int Last)> ListedEvents() =>
        from row in Rows()
        from Match range in EventIds().Matches(row.Split('|')[1])
        let first = int.Parse(range.Groups[1].Value)
        select (first, range.Groups[2].Success ? int.Parse(range.Groups[2].Value) : first);

    private static IEnumerable<string> Rows() =>
        SourceTree.ReadText(Spec).Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal));

    [GeneratedRegex(@"^veil\.[a-z.]+$")]
    private static partial Regex Instrument();

    [GeneratedRegex(@"`(veil_[a-z_]+)(?:\{[a-z]+\})?`")]
    private static partial Regex Exported();

    [GeneratedRegex(@"\b(\d+)(?: to (\d+))?")]
    private static partial Regex EventIds();
}
