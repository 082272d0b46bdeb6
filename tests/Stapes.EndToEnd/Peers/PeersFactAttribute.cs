using System.Runtime.CompilerServices;

namespace Stapes.EndToEnd.Peers;

/// <summary>A test that needs the real peers or strace; skipped, by name, where they are not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PeersFactAttribute : FactAttribute
{
    public PeersFactAttribute([CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1)
        : base(sourceFilePath, sourceLineNumber)
    {
        if (PeersTree.Root is null)
            Skip = "needs the real peers (or strace), which ./test installs on Debian as root";
    }
}
