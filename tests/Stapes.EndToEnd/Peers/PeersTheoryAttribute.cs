using System.Runtime.CompilerServices;

namespace Stapes.EndToEnd.Peers;

/// <summary>As <see cref="PeersFactAttribute"/>, for a test that runs several times.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PeersTheoryAttribute : TheoryAttribute
{
    public PeersTheoryAttribute([CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1)
        : base(sourceFilePath, sourceLineNumber)
    {
        if (PeersTree.Root is null)
            Skip = "needs the real peers (or strace), which ./test installs on Debian as root";
    }
}
