using System.Security.Cryptography;
using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Remotes;
using Stapes.Core.Storage.FileSystem;
using Stapes.Core.Transfers;
using Stapes.Tests.Images;

namespace Stapes.Tests.Protocols.Incus.Server;

/// <summary>A remote with images that a test makes up, which it gives out when the test says so.</summary>
internal sealed class ScriptedRemote : IRemote
{
    private readonly Dictionary<string, byte[]> files = new(StringComparer.Ordinal);

    /// <summary>By their names; a fingerprint is found too.</summary>
    public Dictionary<string, RemoteImage> Images { get; } = new(StringComparer.Ordinal);

    /// <summary>What it was opened with.</summary>
    public List<RemoteAddress> Opened { get; } = [];

    /// <summary>Whether somebody guards where it is.</summary>
    public bool IsGuarded { get; private set; }

    public int Fetches { get; private set; }

    /// <summary>Goes on in the middle of a fetch, when half of the bytes have come.</summary>
    public Func<CancellationToken, Task> HalfwayAsync { get; set; } = static _ => Task.CompletedTask;

    public bool IsAway { get; set; }

    public OpenRemote Open(Func<System.Net.IPAddress, bool>? guard) => address =>
    {
        IsGuarded = guard is not null;
        Opened.Add(address);
        return this;
    };

    /// <summary>Gives an image a name, which another one may have had.</summary>
    public RemoteImage Publish(string name, string release, IReadOnlyDictionary<string, string>? properties = null) =>
        PublishBytes(name, SampleImage.Unified(SampleImage.Yaml(release: release)), properties ?? new Dictionary<string, string> { ["os"] = "Edited", ["release"] = release });

    public RemoteImage PublishBytes(string name, byte[] bytes, IReadOnlyDictionary<string, string>? properties = null)
    {
        var fingerprint = Sha256Digest.FromBytes(SHA256.HashData(bytes));
        files[fingerprint.Hex] = bytes;
        return Images[name] = new()
        {
            Fingerprint = fingerprint,
            Type = ImageType.Container,
            Architecture = Architecture.Local,
            Size = bytes.Length,
            FileName = "remote.tar.gz",
            Properties = properties ?? new Dictionary<string, string>(),
            ExpiresAt = new DateTimeOffset(2040, 1, 1, 0, 0, 0, TimeSpan.Zero),
        };
    }

    public Task<IReadOnlyList<RemoteImage>> ListAsync(CancellationToken cancellation) => Task.FromResult<IReadOnlyList<RemoteImage>>([.. Images.Values]);

    public Task<RemoteImage?> FindAsync(string name, ImageType? type, Architecture? architecture, CancellationToken cancellation) => IsAway
        ? throw new StapesException(ErrorKind.Unavailable, "it is away")
        : Task.FromResult(Images.GetValueOrDefault(name) ?? Images.Values.FirstOrDefault(i => i.Fingerprint.Hex.StartsWith(name, StringComparison.Ordinal)));

    public async Task<FetchedFiles> FetchAsync(RemoteImage image, FetchOptions options, CancellationToken cancellation)
    {
        Fetches++;
        var bytes = files[image.Fingerprint.Hex];
        var file = StagedFile.TryContinue(options.Directory, image.Fingerprint.Hex)!;
        try
        {
            file.Content.Write(bytes, 0, bytes.Length / 2);
            options.Watch.Begin("image", bytes.Length).Add(bytes.Length / 2);
            await HalfwayAsync(cancellation);
            file.Content.Write(bytes, bytes.Length / 2, bytes.Length - (bytes.Length / 2));
            return new(new("remote.tar.gz", file, Sha256Digest.FromBytes(SHA256.HashData(bytes)), bytes.Length), Root: null);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        // It is opened again and again.
    }
}
