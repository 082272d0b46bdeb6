using System.Security.Cryptography;
using Stapes.Core;
using Stapes.Core.Storage.FileSystem;

namespace Stapes.Hosting;

/// <summary>The key by which the registry signs its tokens: <c>registry.key</c> of the data directory, made at the first start.</summary>
internal static class RegistryKey
{
    private const int Size = 32;

    /// <exception cref="StapesException">Unavailable: it is damaged, or cannot be read or written.</exception>
    public static ReadOnlyMemory<byte> FindOrCreate(string data)
    {
        var path = Path.Combine(data, "registry.key");
        try
        {
            if (!File.Exists(path))
            {
                SecretFile.Write(path, RandomNumberGenerator.GetBytes(Size), SecretFile.OwnerOnly);
                DurableDirectory.Flush(data);
            }

            var key = File.ReadAllBytes(path);
            return key.Length == Size ? key : throw new StapesException(ErrorKind.Unavailable,
                $"The key {path} has {key.Length} bytes, not {Size}: delete it to get a new one; clients then ask for new tokens");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StapesException(ErrorKind.Unavailable, $"Could not read or write the registry's key {path}: {e.Message}", e);
        }
    }
}
