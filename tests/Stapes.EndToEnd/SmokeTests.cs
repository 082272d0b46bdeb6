namespace Stapes.EndToEnd;

public class SmokeTests
{
    [Fact]
    public void Runs() => true.ShouldBeTrue();
}
