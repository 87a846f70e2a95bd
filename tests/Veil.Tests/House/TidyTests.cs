using Xunit;

namespace Veil.Tests.House;

/// <summary>The rules of <see cref="TidyRules"/> on the project's own files.</summary>
public sealed class TidyTests
{
    private static readonly IReadOnlyList<SourceFile> _product = SourceTree.Code("src");
    private static readonly IReadOnlyList<SourceFile> _everything = [.. _product, .. SourceTree.Code("tests", "tools")];

    private static readonly string[] _texts = ["*.md", "*.csproj", "*.props", "*.cddl", "*.js", "*.css", "*.html"];

    [Fact]
    public void Product_files_are_short() => Check(TidyRules.FileLength, _product);

    [Fact]
    public void Product_methods_are_short() => Check(TidyRules.MethodLength, _product);

    [Fact]
    public void Lines_fit_in_120_columns() => Check(TidyRules.Columns, _everything);

    [Fact]
    public void Product_files_hold_one_type_and_its_satellites() => Check(TidyRules.OneTypePerFile, _product);

    [Fact]
    public void Nothing_is_hidden_in_regions() => Check(TidyRules.Regions, _everything);

    [Fact]
    public void Type_names_say_what_a_type_does() => Check(TidyRules.TypeNames, _everything);

    [Fact]
    public void No_exception_is_swallowed() => Check(TidyRules.SwallowedExceptions, _everything);

    [Fact]
    public void Namespaces_follow_folders() => Check(TidyRules.Namespace, [.. _product, .. SourceTree.Code("tests")]);

    [Fact]
    public void Nothing_is_marked_as_unfinished()
    {
        var texts = _texts.SelectMany(pattern => SourceTree.Files(".", pattern))
            .Concat(["build", ".ci/run"])
            .Select(path => new SourceFile(path, SourceTree.ReadText(path)));
        Check(TidyRules.Unfinished, [.. _everything, .. texts]);
    }

    private static void Check(Func<SourceFile, IEnumerable<string>> rule, IReadOnlyList<SourceFile> files)
    {
        Assert.NotEmpty(files);
        SourceTree.AssertNone(files.SelectMany(rule));
    }
}
