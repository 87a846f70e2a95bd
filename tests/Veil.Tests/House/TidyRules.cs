using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Veil.Tests.House;

/// <summary>The style budget of HACKING.md, each rule a function from a file to its violations.</summary>
internal static partial class TidyRules
{
    private const int MaxFileLines = 400;
    private const int MaxMethodLines = 60;
    private const int MaxColumns = 120;
    private const int MaxSatelliteLines = 40;

    internal static IEnumerable<string> FileLength(SourceFile file)
    {
        if (file.Lines.Length > MaxFileLines)
        {
            yield return file.At(MaxFileLines + 1, $"{file.Lines.Length} lines, more than {MaxFileLines}");
        }
    }

    internal static IEnumerable<string> MethodLength(SourceFile file) =>
        from node in file.Root.DescendantNodes()
        where node is BaseMethodDeclarationSyntax or AccessorDeclarationSyntax or GlobalStatementSyntax
        let lines = SourceFile.LinesOf(node)
        where lines > MaxMethodLines
        select file.At(node, $"a method of {lines} lines, more than {MaxMethodLines}");

    internal static IEnumerable<string> Columns(SourceFile file) =>
        from line in file.Lines.Index()
        where line.Item.Length > MaxColumns
        select file.At(line.Index + 1, $"{line.Item.Length} columns, more than {MaxColumns}");

    /// <summary>One type a file; enums, records, delegates and exceptions may ride along if small.</summary>
    internal static IEnumerable<string> OneTypePerFile(SourceFile file)
    {
        var types = file.Root.DescendantNodes(node => node is not TypeDeclarationSyntax)
            .OfType<MemberDeclarationSyntax>()
            .Where(node => node is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax)
            .Where(type => !IsSatellite(type))
            .Skip(1);
        return types.Select(type => file.At(type, "a second top-level type that is no small enum or record"));
    }

    internal static IEnumerable<string> Regions(SourceFile file) =>
        from trivia in file.Root.DescendantTrivia()
        where trivia.IsKind(SyntaxKind.RegionDirectiveTrivia)
        select file.At(trivia.GetLocation(), "a region");

    internal static IEnumerable<string> TypeNames(SourceFile file) =>
        from type in file.Root.DescendantNodes().OfType<BaseTypeDeclarationSyntax>()
        where EmptyName().IsMatch(type.Identifier.Text)
        select file.At(type.Identifier.GetLocation(), $"{type.Identifier.Text} names no responsibility");

    /// <summary>Marks of unfinished work, in any text file.</summary>
    internal static IEnumerable<string> Unfinished(SourceFile file) =>
        from line in file.Lines.Index()
        let mark = UnfinishedMark().Match(line.Item)
        where mark.Success
        select file.At(line.Index + 1, $"unfinished: {mark.Value}");

    /// <summary>An empty catch needs an exception type and a comment that says why nothing is to be done.</summary>
    internal static IEnumerable<string> SwallowedExceptions(SourceFile file) =>
        from clause in file.Root.DescendantNodes().OfType<CatchClauseSyntax>()
        where clause.Block.Statements.Count == 0
        let commented = clause.Block.DescendantTrivia().Any(trivia => trivia.IsKind(SyntaxKind.SingleLineCommentTrivia))
        let everything = clause.Filter is null && clause.Declaration?.Type.ToString() is null or "Exception"
        where !commented || everything
        select file.At(clause, everything ? "swallows every exception" : "an empty catch without a reason");

    /// <summary>src/Veil.Links/Tcp/X.cs is in Veil.Links.Tcp; top-level statements have no namespace.</summary>
    internal static IEnumerable<string> Namespace(SourceFile file)
    {
        var folders = file.Path.Split('/')[1..^1];
        var expected = string.Join('.', folders);
        return from space in file.Root.DescendantNodes().OfType<BaseNamespaceDeclarationSyntax>()
               where space.Name.ToString() != expected || space is not FileScopedNamespaceDeclarationSyntax
               select file.At(space, $"namespace {space.Name}, not file-scoped {expected}");
    }

    private static bool IsSatellite(MemberDeclarationSyntax type) =>
        SourceFile.LinesOf(type) <= MaxSatelliteLines
        && (type is EnumDeclarationSyntax or RecordDeclarationSyntax or DelegateDeclarationSyntax || IsException(type));

    private static bool IsException(MemberDeclarationSyntax type) =>
        type is ClassDeclarationSyntax named
        && named.Identifier.Text.EndsWith("Exception", StringComparison.Ordinal);

    [GeneratedRegex("(Manager|Helper|Util|Utility|Utilities|Common|Misc)(?=[A-Z0-9]|s?$)")]
    private static partial Regex EmptyName();

    // Written so that it does not match itself.
    [GeneratedRegex(@"\b(T[O]DO|FIX[M]E|X[X]X)\b")]
    private static partial Regex UnfinishedMark();
}
