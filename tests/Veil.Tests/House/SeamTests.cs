using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Xunit;

namespace Veil.Tests.House;

/// <summary>What keeps the outside out: the sources of randomness, and who may use banned symbols.</summary>
public sealed partial class SeamTests
{
    private const string Rule = "RS0030";
    private const int MaxSuppressions = 12;

    private static readonly string[] _sources = ["DecisionSource", "SecretSource"];
    private static readonly IReadOnlyList<SourceFile> _product = SourceTree.Code("src", "tools");

    [Fact]
    public void Outside_the_tests_the_only_sources_are_the_operating_systems()
    {
        var derived = (from file in _product
                       from type in file.Root.DescendantNodes().OfType<TypeDeclarationSyntax>()
                       from parent in type.BaseList?.Types.Select(entry => entry.Type.ToString().Split('.')[^1]) ?? []
                       where _sources.Contains(parent)
                       select (File: file, Type: type, Parent: parent)).ToArray();

        Assert.Equal(_sources.Select(source => $"System{source}"), derived.Select(d => d.Type.Identifier.Text).Order());
        SourceTree.AssertNone(
            from found in derived
            where !found.Type.Modifiers.Any(SyntaxKind.SealedKeyword)
            select found.File.At(found.Type, $"{found.Type.Identifier.Text} is not sealed"));
    }

    [Fact]
    public void Suppressions_of_banned_symbols_are_few_and_give_their_reason()
    {
        var pragmas = (from file in _product
                       from trivia in file.Root.DescendantTrivia()
                       where trivia.GetStructure() is PragmaWarningDirectiveTriviaSyntax
                       let pragma = (PragmaWarningDirectiveTriviaSyntax)trivia.GetStructure()!
                       where pragma.DisableOrRestoreKeyword.IsKind(SyntaxKind.DisableKeyword)
                       where pragma.ErrorCodes.Count == 0 || pragma.ErrorCodes.ToString().Contains(Rule)
                       select (File: file, Pragma: pragma)).ToArray();

        var silent = from found in pragmas
                     where found.Pragma.ErrorCodes.Count != 1 || !Reason().IsMatch(found.Pragma.ToFullString())
                     select found.File.At(found.Pragma, $"{Rule} suppressed with other rules or without a reason");
        var tooMany = pragmas.Length <= MaxSuppressions
            ? []
            : from found in pragmas
              select found.File.At(found.Pragma, $"one of {pragmas.Length}, more than {MaxSuppressions}");
        SourceTree.AssertNone([.. silent, .. tooMany]);
    }

    [Fact]
    public void Banned_symbols_are_suppressed_by_pragma_only()
    {
        var attributes = from file in _product
                         from attribute in file.Root.DescendantNodes().OfType<AttributeSyntax>()
                         where attribute.ToString().Contains(Rule)
                         select file.At(attribute, $"{Rule} suppressed by attribute");
        var settings = from path in SourceTree.Files(".", "*.csproj").Concat(SourceTree.Files(".", "*.props"))
                       from line in SourceTree.ReadText(path).Split('\n').Index()
                       where line.Item.Contains(Rule)
                       select $"{path}:{line.Index + 1}: {Rule} in a project file";
        SourceTree.AssertNone([.. attributes, .. settings]);
    }

    // A comment of at least three words.
    [GeneratedRegex(@"//\s*\S+\s+\S+\s+\S+")]
    private static partial Regex Reason();
}
