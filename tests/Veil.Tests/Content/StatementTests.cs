using CsCheck;
using Veil.Content.Manifests;
using Xunit;

namespace Veil.Tests.Content;

/// <summary>What manifests state: spec/manifest.md, section 7.</summary>
public sealed class StatementTests
{
    [Theory]
    [InlineData("MIT")]
    [InlineData("GPL-2.0+")]
    [InlineData("CC-BY-4.0")]
    [InlineData("MIT OR Apache-2.0")]
    [InlineData("MIT AND (BSD-2-Clause OR GPL-2.0-only WITH Classpath-exception-2.0)")]
    [InlineData("( MIT )")]
    [InlineData("((((((((MIT))))))))")]
    [InlineData("LicenseRef-mine")]
    [InlineData("DocumentRef-a.b:LicenseRef-c-1 OR 0BSD")]
    [InlineData("LicenseRef-mine WITH some-exception")]
    public void SPDX_expressions_are_taken(string text) => Assert.Null(SpdxExpression.FaultOf(text));

    [Theory]
    [InlineData("")]
    [InlineData(" MIT")]
    [InlineData("MIT ")]
    [InlineData("my own licence")]
    [InlineData("free for all!")]
    [InlineData("MIT or Apache-2.0")]
    [InlineData("MIT OR")]
    [InlineData("OR MIT")]
    [InlineData("OR")]
    [InlineData("MIT OR AND BSD")]
    [InlineData("(MIT")]
    [InlineData("MIT)")]
    [InlineData("()")]
    [InlineData("(MIT) (BSD)")]
    [InlineData("MIT (BSD)")]
    [InlineData("(((((((((MIT)))))))))")]
    [InlineData("MIT WITH")]
    [InlineData("WITH x")]
    [InlineData("MIT WITH a WITH b")]
    [InlineData("(MIT) WITH a")]
    [InlineData("MIT WITH (a)")]
    [InlineData("LicenseRef-")]
    [InlineData("LicenseRef-a+")]
    [InlineData("DocumentRef-a")]
    [InlineData("DocumentRef-:LicenseRef-b")]
    [InlineData("a:b")]
    [InlineData("+")]
    [InlineData("MIT++")]
    [InlineData("MIT\nOR BSD")]
    [InlineData("MİT")]
    public void What_is_no_SPDX_expression_is_refused_with_a_reason(string text) =>
        Assert.NotEqual("", SpdxExpression.FaultOf(text) ?? "");

    [Fact]
    public void Any_text_is_judged_and_what_is_taken_has_only_harmless_characters()
    {
        Gen.OneOf(Gen.String, Gen.String[Gen.Char["MIT ()+-.:ANDORWH\u202e\n"], 0, 40]).Sample(text =>
        {
            if (SpdxExpression.IsValid(text)) Assert.Matches("^[A-Za-z0-9 .+:()-]{1,256}$", text);
        });
        Assert.False(SpdxExpression.IsValid(new string('a', 257)));
        Assert.True(SpdxExpression.IsValid(new string('a', 256)));
    }

    [Theory]
    [InlineData("Ada Lovelace", true)]
    [InlineData("© 2026 été / 夏, העברית", true)]
    [InlineData("", false)]
    [InlineData(" a", false)]
    [InlineData("a ", false)]
    [InlineData("a\nb", false)]
    [InlineData("a\u0085b", false)]
    [InlineData("a\u202eb", false)]
    [InlineData("a\u2066b", false)]
    [InlineData("a\u2028b", false)]
    [InlineData("a\ufeffb", false)]
    [InlineData("a\U000E0041b", false)]
    public void A_rights_holder_is_one_line_that_shows_all_that_is_in_it(string text, bool isTaken)
    {
        Assert.Equal(isTaken, RightsHolder.IsValid(text));
        Assert.Equal(isTaken, new ManifestStatements { RightsHolder = text }.IsPossible);
    }

    [Fact]
    public void A_rights_holder_has_255_bytes_at_most()
    {
        Assert.True(RightsHolder.IsValid(new string('夏', 85)));
        Assert.False(RightsHolder.IsValid(new string('夏', 85) + "a"));
        Assert.False(RightsHolder.IsValid("a\ud800b"));
    }
}
