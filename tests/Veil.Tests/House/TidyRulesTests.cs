using Xunit;

namespace Veil.Tests.House;

/// <summary>Each rule finds what it forbids and leaves the rest: a rule that cannot fail guards nothing.</summary>
public sealed class TidyRulesTests
{
    private static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));

    private static SourceFile Code(string text) => new("src/Veil.Wire/Cells/Sample.cs", text);

    [Fact]
    public void A_file_may_have_400_lines_and_no_more()
    {
        Assert.Empty(TidyRules.FileLength(Code(Repeat("//\n", 400))));
        Assert.Equal(
            ["src/Veil.Wire/Cells/Sample.cs:401: 401 lines, more than 400"],
            TidyRules.FileLength(Code(Repeat("//\n", 401))));
    }

    [Fact]
    public void A_method_may_have_60_lines_and_no_more()
    {
        Assert.Empty(TidyRules.MethodLength(Code($"class C {{\nvoid M()\n{{\n{Repeat("F();\n", 57)}}}\n}}")));
        Assert.Equal(
            ["src/Veil.Wire/Cells/Sample.cs:3: a method of 61 lines, more than 60"],
            TidyRules.MethodLength(Code($"class C {{\n/// doc\nvoid M()\n{{\n{Repeat("F();\n", 58)}}}\n}}")));
    }

    [Fact]
    public void A_constructor_counts_as_a_method()
    {
        Assert.Single(TidyRules.MethodLength(Code($"class C {{\nC()\n{{\n{Repeat("F();\n", 58)}}}\n}}")));
    }

    [Fact]
    public void A_line_may_have_120_columns_and_no_more()
    {
        Assert.Empty(TidyRules.Columns(Code(new string('/', 120) + "\n")));
        Assert.Equal(
            ["src/Veil.Wire/Cells/Sample.cs:2: 121 columns, more than 120"],
            TidyRules.Columns(Code("\n" + new string('/', 121))));
    }

    [Theory]
    [InlineData("namespace N; class A { class B; } enum E { X } record R; delegate void D(); class FooException;", 0)]
    [InlineData("namespace N; class A; class B;", 1)]
    [InlineData("namespace N; interface A; struct B; static class C;", 2)]
    [InlineData("namespace N; record struct A; record B; enum C;", 0)]
    public void One_type_and_its_satellites_share_a_file(string code, int violations)
    {
        Assert.Equal(violations, TidyRules.OneTypePerFile(Code(code)).Count());
    }

    [Fact]
    public void A_long_record_is_no_satellite()
    {
        var code = $"class A;\nrecord B\n{{\n{Repeat("//\n", 40)}}}";

        Assert.Equal(
            ["src/Veil.Wire/Cells/Sample.cs:2: a second top-level type that is no small enum or record"],
            TidyRules.OneTypePerFile(Code(code)));
    }

    [Fact]
    public void A_region_is_found()
    {
        Assert.Single(TidyRules.Regions(Code("class A\n{\n#region R\n#endregion\n}")));
    }

    [Theory]
    [InlineData("LinkManager", 1)]
    [InlineData("HelperOfLinks", 1)]
    [InlineData("CellUtils", 1)]
    [InlineData("CommonTypes", 1)]
    [InlineData("Misc", 1)]
    [InlineData("UtilizationGauge", 0)]
    [InlineData("CircuitPool", 0)]
    public void Type_names_say_what_a_type_does(string name, int violations)
    {
        Assert.Equal(violations, TidyRules.TypeNames(Code($"class {name};")).Count());
    }

    [Theory]
    [InlineData("TO" + "DO", 1)]
    [InlineData("FIX" + "ME", 1)]
    [InlineData("XX" + "X", 1)]
    [InlineData("XXXL", 0)]
    [InlineData("todo", 0)]
    public void Marks_of_unfinished_work_are_found(string mark, int violations)
    {
        Assert.Equal(violations, TidyRules.Unfinished(Code($"// {mark}: later")).Count());
    }

    [Theory]
    [InlineData("catch { }", 1)]
    [InlineData("catch\n{\n// reason\n}", 1)]
    [InlineData("catch (Exception)\n{\n// reason\n}", 1)]
    [InlineData("catch (IOException)\n{\n}", 1)]
    [InlineData("catch (IOException)\n{\n// reason\n}", 0)]
    [InlineData("catch (Exception e) when (e is IOException)\n{\n// reason\n}", 0)]
    [InlineData("catch { F(); throw; }", 0)]
    public void An_empty_catch_needs_a_type_and_a_reason(string clause, int violations)
    {
        var code = $"class A {{ void M() {{ try {{ F(); }} {clause} }} }}";

        Assert.Equal(violations, TidyRules.SwallowedExceptions(Code(code)).Count());
    }

    [Theory]
    [InlineData("namespace Veil.Wire.Cells;", 0)]
    [InlineData("namespace Veil.Wire;", 1)]
    [InlineData("namespace Veil.Wire.Cells { }", 1)]
    [InlineData("return 0;", 0)]
    public void Namespaces_follow_folders(string code, int violations)
    {
        Assert.Equal(violations, TidyRules.Namespace(Code(code)).Count());
    }
}
