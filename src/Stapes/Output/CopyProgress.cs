using Stapes.Core.Remotes;
using Stapes.Core.Transfers;

namespace Stapes.Output;

/// <summary>How copies go: a line of the terminal for each file that is on its way, and one that stays for each image that fails.</summary>
/// <param name="errors">Where failures are told when there is no terminal.</param>
/// <param name="describe">The line of one that failed; null when the caller tells it.</param>
internal sealed class CopyProgress(TextWriter errors, Func<CopyResult, string>? describe) : ICopyWatcher
{
    private ProgressLines? lines;

    /// <param name="isQuiet">No lines but those of failures.</param>
    /// <param name="work">The copies, which tell this how they go.</param>
    public Task<T> RunAsync<T>(bool isQuiet, Func<Task<T>> work) => ProgressLines.RunAsync(isQuiet, shown =>
    {
        lines = shown;
        return work();
    });

    public TransferWatch? Begins(CopyItem item, CopyStage stage) => lines?.Watch($"{stage}", item.Name ?? item.Image.Fingerprint.Hex[..12]);

    public void Ended(CopyResult result)
    {
        if (result.Failure is not null && describe is not null)
            ProgressLines.WriteAbove(errors, describe(result));
    }
}
