using System.Collections.Concurrent;
using Stapes.Core.Remotes;

namespace Stapes.Tests.Remotes;

/// <summary>Notes how copies go.</summary>
internal sealed class CopyLog : ICopyWatcher
{
    private readonly ConcurrentDictionary<CopyStage, long> bytes = new();

    /// <summary>Bytes that a stage told of, all together.</summary>
    public long this[CopyStage stage] => bytes.GetValueOrDefault(stage);

    public Action<long>? Begins(CopyItem item, CopyStage stage) => count => bytes.AddOrUpdate(stage, count, (_, sum) => sum + count);

    public void Ended(CopyResult result)
    {
    }
}
