using System.Text;
using Stapes.Core.Images;
using Stapes.Protocols.Oci.Images;

namespace Stapes.Tests.Protocols.Oci.Images;

/// <summary>What layers make, as the merged tarball tells: a line for each name.</summary>
internal static class MergedRoot
{
    public static async Task<byte[]> TarballAsync(IEnumerable<ImageLayer> layers, ConversionLimits? limits = null)
    {
        var root = await RootFileSystem.PlanAsync([.. layers], limits ?? new(), TestContext.Current.CancellationToken);
        var target = new MemoryStream();
        await root.WriteAsync(target, new Dictionary<RootInode, Action<byte[]>>(), TestContext.Current.CancellationToken);
        return target.ToArray();
    }

    /// <summary>Such as <c>etc/motd 0 "content"</c>, <c>lib 2 usr/lib</c>, sorted.</summary>
    public static async Task<IReadOnlyList<string>> ListAsync(params IEnumerable<LayerBuilder> layers)
    {
        var tarball = await TarballAsync(layers.Select(static l => l.Layer()));
        return [.. (await WalkAsync(tarball)).Order(StringComparer.Ordinal)];
    }

    private static async Task<IReadOnlyList<string>> WalkAsync(byte[] tarball)
    {
        var walker = new TarWalker(new MemoryStream(tarball));
        var lines = new List<string>();
        while (await walker.NextAsync(TestContext.Current.CancellationToken) is { } entry)
        {
            var content = new MemoryStream();
            if (entry.IsFile)
                await walker.CopyDataAsync(content, TestContext.Current.CancellationToken);
            lines.Add(entry.Type switch
            {
                '0' => $"{entry.Name} \"{Encoding.UTF8.GetString(content.ToArray())}\"",
                '1' => $"{entry.Name} = {entry.LinkName}",
                '2' => $"{entry.Name} -> {entry.LinkName}",
                '3' or '4' => $"{entry.Name} {entry.DeviceMajor}:{entry.DeviceMinor}",
                _ => entry.Name,
            });
        }

        return lines;
    }
}
