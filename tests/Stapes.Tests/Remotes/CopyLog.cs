using System.Collections.Concurrent;
using Stapes.Core.Remotes;
using Stapes.Core.Transfers;

namespace Stapes.Tests.Remotes;

/// <summary>Notes how copies go.</summary>
internal sealed class CopyLog : ICopyWatcher
{
    private readonly ConcurrentDictionary<CopyStage, long> bytes = new();

    private readonly ConcurrentQueue<string> files = new();

    /// <summary>The files that began to move, as «Fetching rootfs».</summary>
    public IReadOnlyCollection<string> Files => files;

    /// <summary>Bytes that a stage told of, all together.</summary>
    public long this[CopyStage stage] => bytes.GetValueOrDefault(stage);

    public TransferWatch? Begins(CopyItem item, CopyStage stage)
    {
        return (part, size) =>
        {
            files.Enqueue($"{stage} {part}");
            return new(count => bytes.AddOrUpdate(stage, count, (_, sum) => sum + count));
        };
    }

    public void Ended(CopyResult result)
    {
    }
}
