using System.Text;
using CsCheck;
using Stapes.Core;

namespace Stapes.Tests;

public class CodePointOrderTests
{
    private static readonly Gen<string> Texts =
        Gen.OneOfConst("a", "b", "é", "\ud7ff", "\ue000", "\uffff", "\U00010000", "\U0001f44d").Array[0, 4].Select(string.Concat);

    [Fact]
    public void Strings_are_ordered_like_their_UTF_8_bytes() =>
        Gen.Select(Texts, Texts).Sample((x, y) =>
            Math.Sign(CodePointOrder.Instance.Compare(x, y))
            == Math.Sign(Encoding.UTF8.GetBytes(x).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(y))));
}
