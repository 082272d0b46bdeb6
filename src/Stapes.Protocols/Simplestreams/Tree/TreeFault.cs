namespace Stapes.Protocols.Simplestreams.Tree;

/// <summary>Something in a tree that is wrong, or that clients pass over without a word.</summary>
/// <param name="Kind">A short constant name, for scripts: <c>missing-file</c>, <c>alias-clash</c>, ….</param>
/// <param name="Where">The file, or product:serial.</param>
/// <param name="What">One sentence: what is wrong, with the values, and what to do where that is not obvious.</param>
public sealed record TreeFault(string Kind, string Where, string What)
{
    /// <summary>Corrects the fault in the transaction's content; null where that would be guessing.</summary>
    internal Action<TreeTransaction>? Repair { get; init; }

    public bool CanRepair => Repair is not null;
}
