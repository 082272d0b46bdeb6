namespace Stapes.Core.Access;

/// <summary>
/// The truth about who may do what. Methods may be called side by side; what has returned survives a power cut.
/// </summary>
/// <remarks>All methods throw <see cref="StapesException"/>: Full when the disk is full, Unavailable when the store is damaged or out of reach.</remarks>
public interface IAccessStore
{
    /// <summary>Everything, as one transaction sees it.</summary>
    Task<AccessState> LoadAsync(CancellationToken cancellation);

    /// <summary>Changes it in one transaction, which happens as a whole or not at all.</summary>
    /// <param name="change">Makes the new state from the present one, in the transaction; what it throws ends that.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>The new state.</returns>
    Task<AccessState> ChangeAsync(AccessChange change, CancellationToken cancellation);
}

/// <summary>Makes a new state from the present one.</summary>
/// <param name="present">What is there.</param>
/// <param name="useOf">What a project has.</param>
public delegate AccessState AccessChange(AccessState present, Func<string, ProjectUse> useOf);

/// <summary>What belongs to a project.</summary>
/// <param name="HasImages">Images or aliases: then there is such a project.</param>
/// <param name="HasRepositories">Repositories, whose names begin with the project's; without the project they are those of the default one.</param>
public readonly record struct ProjectUse(bool HasImages, bool HasRepositories);
