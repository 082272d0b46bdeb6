using System.CommandLine;
using Stapes.Core;

namespace Stapes.Commands.Image;

internal static class EachOf
{
    /// <summary>Does the same to several things, in order; a failure is told and does not keep the next ones from their turn.</summary>
    /// <returns>The exit status.</returns>
    public static async Task<int> RunAsync<T>(ParseResult result, IEnumerable<T> items, Func<T, Task> action)
    {
        var status = 0;
        foreach (var item in items)
        {
            try
            {
                await action(item);
            }
            catch (StapesException e)
            {
                await result.InvocationConfiguration.Error.WriteLineAsync($"Error: {e.Message}");
                status = 1;
            }
        }

        return status;
    }
}
