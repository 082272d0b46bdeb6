using Stapes.Core.Access;

namespace Stapes.Core.Library;

/// <summary>What a server keeps: images, and who may do what with them. One file holds the truth about both.</summary>
public sealed record ServerData(ImageLibrary Library, AccessControl Access) : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        await Library.DisposeAsync();
        Access.Dispose();
    }
}
