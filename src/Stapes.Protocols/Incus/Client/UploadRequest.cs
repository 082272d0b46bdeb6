using System.Text;
using Stapes.Core.Transfers;

namespace Stapes.Protocols.Incus.Client;

/// <summary>
/// An image to send: <c>POST /1.0/images</c> with the file as the body, or as <c>multipart/form-data</c> of two files, and with what is
/// set about it in the headers. Source: Incus documentation, «REST API», «images_post».
/// </summary>
/// <param name="Metadata">The metadata tarball; of a unified image the whole of it.</param>
/// <param name="Root">The root file system or disk of a split image.</param>
public sealed record UploadRequest(string Metadata, string? Root)
{
    /// <summary>What the server is told that the file is called; null for its own name.</summary>
    public string? MetadataName { get; init; }

    /// <summary>The same of the root.</summary>
    public string? RootName { get; init; }

    public bool Public { get; init; }

    public IReadOnlyList<string> Aliases { get; init; } = [];

    public IReadOnlyList<string> Profiles { get; init; } = [];

    /// <summary>What the server must find the image to be; null for whatever it is.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>Added to those of the image's metadata, and stronger than them.</summary>
    public IReadOnlyDictionary<string, string> Properties { get; init; } = new Dictionary<string, string>();

    /// <exception cref="IOException">A file cannot be opened.</exception>
    internal HttpRequestMessage ToRequest(Uri url, TransferWatch? watch)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = Root is null ? Unified(watch) : Split(Root, watch) };
        // The server can refuse before a gigabyte is on its way.
        request.Headers.ExpectContinue = true;
        request.Headers.TryAddWithoutValidation("X-Incus-filename", Printable(MetadataName ?? Path.GetFileName(Metadata)));
        if (Fingerprint is not null)
            request.Headers.Add("X-Incus-fingerprint", Fingerprint);
        if (Aliases.Count > 0)
            request.Headers.Add("X-Incus-aliases", Fields("alias", Aliases));
        if (Profiles.Count > 0)
            request.Headers.Add("X-Incus-profiles", Fields("profile", Profiles));
        if (Public)
            request.Headers.Add("X-Incus-public", "true");
        if (Properties.Count > 0)
            request.Headers.Add("X-Incus-properties", string.Join('&', Properties.Select(static p => $"{Uri.EscapeDataString(p.Key)}={Uri.EscapeDataString(p.Value)}")));
        return request;
    }

    private static string Fields(string name, IEnumerable<string> values) => string.Join('&', values.Select(v => $"{name}={Uri.EscapeDataString(v)}"));

    private FileContent Unified(TransferWatch? watch) =>
        new(Metadata, "image", watch) { Headers = { ContentType = new("application/octet-stream") } };

    private MultipartContent Split(string root, TransferWatch? watch)
    {
        var form = new MultipartContent("form-data") { HeaderEncodingSelector = static (_, _) => Encoding.UTF8 };
        form.Add(Part("metadata", Metadata, MetadataName, watch));
        // The name of the part tells the server whether it gets a container or a virtual machine.
        form.Add(Part(IsDisk(root) ? "rootfs.img" : "rootfs", root, RootName, watch));
        return form;
    }

    private static FileContent Part(string name, string path, string? called, TransferWatch? watch)
    {
        var fileName = Printable(called ?? Path.GetFileName(path)).Replace(@"\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
        var part = new FileContent(path, name == "metadata" ? name : "rootfs", watch) { Headers = { ContentType = new("application/octet-stream") } };
        part.Headers.TryAddWithoutValidation("Content-Disposition", $"form-data; name=\"{name}\"; filename=\"{fileName}\"");
        return part;
    }

    private static bool IsDisk(string path)
    {
        using var file = File.OpenRead(path);
        Span<byte> magic = stackalloc byte[4];
        return file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) == magic.Length && magic is [(byte)'Q', (byte)'F', (byte)'I', 0xfb];
    }

    // A line break would end the header.
    private static string Printable(string name) => string.Concat(name.Select(static c => char.IsControl(c) ? '_' : c));
}
