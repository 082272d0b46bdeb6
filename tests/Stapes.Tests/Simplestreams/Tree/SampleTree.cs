using System.Text.Json.Nodes;
using Stapes.Protocols.Simplestreams;
using Stapes.Protocols.Simplestreams.Tree;
using Stapes.Tests.Images;

namespace Stapes.Tests.Simplestreams.Tree;

/// <summary>A tree in a directory of its own, with the short ways to change it and to look at it.</summary>
internal sealed class SampleTree : IDisposable
{
    private readonly TemporaryDirectory directory = new();

    public SampleTree() => Tree = new(directory["tree"]);

    public SimplestreamsTree Tree { get; }

    public string Root => Tree.Root;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The full path of a file of the tree.</summary>
    public string this[string path] => Path.Combine(Tree.Root, path);

    public void Dispose() => directory.Dispose();

    /// <summary>Writes a file outside the tree.</summary>
    public string Source(string name, byte[] content) => directory.Write($"source/{name}", content);

    /// <summary>Adds an image as <c>add</c> does.</summary>
    public async Task<Added> AddAsync(byte[] metadata, byte[]? root = null, AddOptions? options = null, bool move = false)
    {
        var first = Source($"{Guid.NewGuid():N}.metadata", metadata);
        return await AddFilesAsync(first, root is null ? null : Source($"{Guid.NewGuid():N}.root", root), options, move);
    }

    public async Task<Added> AddFilesAsync(string metadata, string? root, AddOptions? options = null, bool move = false)
    {
        using var staged = await StagedImage.ReadAsync(Tree, metadata, root, move, progress: null, flush: true, Cancellation);
        Added added;
        using (var transaction = await Tree.BeginAsync(create: true, Cancellation))
        {
            added = TreeAdd.Add(transaction, staged.Image, options ?? new(), (file, path) => staged.PlaceIn(transaction, file, path));
            transaction.Commit();
        }

        if (move)
            staged.DeleteSources();
        return added;
    }

    /// <summary>A container whose root file system is told by its content.</summary>
    public Task<Added> AddContainerAsync(string content = "root", string os = "Test", long created = 1_700_000_000, AddOptions? options = null) =>
        AddAsync(SampleImage.Metadata(SampleImage.Yaml(os, created: created)), SampleImage.Squashfs(content), options);

    public async Task<IReadOnlyList<string>> ChangeAsync(Action<TreeTransaction> change)
    {
        using var transaction = await Tree.BeginAsync(create: false, Cancellation);
        change(transaction);
        return transaction.Commit();
    }

    public Task<IReadOnlyList<string>> RemoveAsync(string fingerprint) => ChangeAsync(transaction => TreeRemove.Remove(transaction, fingerprint));

    public async Task<PruneResult> PruneAsync(PruneOptions? options = null, bool dryRun = false)
    {
        using var transaction = await Tree.BeginAsync(create: false, Cancellation);
        return TreePrune.Prune(Tree, transaction, options ?? new(), dryRun);
    }

    public Task<IReadOnlyList<TreeFault>> VerifyAsync() => TreeVerify.FindFaultsAsync(Tree, progress: null, Cancellation);

    public Task<(IReadOnlyList<TreeFault> Repaired, IReadOnlyList<TreeFault> Remaining)> RepairAsync() => TreeVerify.RepairAsync(Tree, progress: null, Cancellation);

    public async Task<IReadOnlyList<ListedImage>> ListAsync() => (await Tree.ReadAsync(Cancellation)).List();

    /// <summary>The kinds of the faults that verify finds.</summary>
    public async Task<IReadOnlyList<string>> FaultKindsAsync() => [.. (await VerifyAsync()).Select(static f => f.Kind)];

    public JsonObject Read(string path = IndexFile.ImagesPath) => JsonNode.Parse(File.ReadAllBytes(this[path]))!.AsObject();

    /// <summary>Changes an index file behind the back of Stapes, as an editor does.</summary>
    public void Edit(Action<JsonObject> change, string path = IndexFile.ImagesPath)
    {
        var root = Read(path);
        change(root);
        Write(path, root.ToJsonString());
    }

    public void Write(string path, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(this[path])!);
        File.WriteAllText(this[path], content);
    }

    public JsonObject Product(string name = "Test:1:default:amd64") => Read()["products"]![name]!.AsObject();

    /// <summary>The files below images/, sorted.</summary>
    public string[] Files() => Directory.Exists(this["images"])
        ? [.. Directory.EnumerateFiles(this["images"], "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(Root, f)).Order(StringComparer.Ordinal)]
        : [];

    /// <summary>Every file that a web server could serve, with its content: equal before and after means that nothing was changed.</summary>
    public string Snapshot() => string.Join('\n', Directory.EnumerateFiles(Root, "*", SearchOption.AllDirectories)
        .Where(f => !f.Contains("/.stapes/", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
        .Select(f => $"{f} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(f)))}"));
}
