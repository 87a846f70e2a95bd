using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Veil.Tests.House;

/// <summary>One file as the house rules see it: its path from the project's root, with slashes, and its text.</summary>
internal sealed class SourceFile(string path, string text)
{
    private readonly Lazy<CompilationUnitSyntax> _root = new(() =>
        CSharpSyntaxTree.ParseText(text, new CSharpParseOptions(LanguageVersion.Preview)).GetCompilationUnitRoot());

    internal string Path { get; } = path;

    internal string Text { get; } = text;

    internal string[] Lines { get; } = text.TrimEnd('\n').Split('\n');

    internal CompilationUnitSyntax Root => _root.Value;

    internal string At(SyntaxNode node, string complaint) => At(node.GetLocation(), complaint);

    internal string At(Location location, string complaint) =>
        At(location.GetLineSpan().StartLinePosition.Line + 1, complaint);

    internal string At(int line, string complaint) => $"{Path}:{line}: {complaint}";

    /// <summary>Lines from the first to the last token, comments above not counted.</summary>
    internal static int LinesOf(SyntaxNode node)
    {
        var span = node.GetLocation().GetLineSpan();
        return span.EndLinePosition.Line - span.StartLinePosition.Line + 1;
    }
}
