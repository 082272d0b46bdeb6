using System.Security.Cryptography;

namespace Stapes.EndToEnd.Images;

/// <summary>An image in one file (unified) or in two (split), and what it must be called wherever it arrives.</summary>
internal sealed record TestImage(string Name, string Type, string Fingerprint, params IReadOnlyList<string> Files)
{
    /// <summary>The fingerprint is the hash of the files one after the other.</summary>
    public static TestImage From(string name, string type, params IReadOnlyList<string> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in files)
            hash.AppendData(File.ReadAllBytes(file));
        return new TestImage(name, type, Convert.ToHexStringLower(hash.GetHashAndReset()), files);
    }

    /// <summary>An exported image of one or two files: the metadata is the smaller one and comes first.</summary>
    public static TestImage FromExport(string directory) =>
        From("exported", "", [.. Directory.GetFiles(directory).OrderBy(static file => new FileInfo(file).Length)]);
}
