#pragma warning disable MA0025, CS0067 // The bodies follow.
using Stapes.Core.Images;
using Stapes.Core.Storage;

namespace Stapes.Core.Library;

/// <summary>
/// The images that a server keeps: the only writer of its catalogue and its blobs. Every write is visible in the next snapshot when its
/// task ends, and survives a power cut. Methods may be called side by side.
/// </summary>
/// <remarks>All methods throw <see cref="StapesException"/>: Full when the disk is full, Unavailable when a part is damaged.</remarks>
public sealed class ImageLibrary : IImageSource, IAsyncDisposable
{
    public event EventHandler? Changed;

    /// <summary>Opens a library, and clears away what a killed process left behind. The caller knows that no other process has it open.</summary>
    public static Task<ImageLibrary> OpenAsync(
        ICatalog catalog, IBlobStore blobs, LibraryOptions options, CancellationToken cancellation) => throw new NotImplementedException();

    public ValueTask<ImageSnapshot> GetSnapshotAsync(CancellationToken cancellation) => throw new NotImplementedException();

    public ValueTask<Blob?> OpenBlobAsync(Sha256Digest digest, Audience audience, CancellationToken cancellation) =>
        throw new NotImplementedException();

    /// <summary>Reads an image to the disk, hashed and checked, without making it visible. To be disposed, added or not.</summary>
    /// <exception cref="StapesException">Invalid: it is no whole image.</exception>
    public Task<StagedUpload> StageAsync(ImageUpload upload, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Makes a staged image visible.</summary>
    /// <exception cref="StapesException">
    /// Invalid: it has not the expected fingerprint. Conflict: the project has it already, or an alias leads to another image.
    /// </exception>
    public Task<Image> AddAsync(StagedUpload staged, ImageAddOptions options, CancellationToken cancellation) =>
        throw new NotImplementedException();

    /// <summary>Stages and adds. An expected fingerprint that is there already is a conflict before anything is read.</summary>
    public Task<Image> AddAsync(ImageUpload upload, ImageAddOptions options, CancellationToken cancellation) =>
        throw new NotImplementedException();

    /// <summary>
    /// Changes what may change of an image: visibility, properties, profiles, expiry, file name, update source and the flags beside it.
    /// </summary>
    /// <param name="key">The image.</param>
    /// <param name="change">
    /// Makes the new record from the present one, while nobody else writes; a <see cref="StapesException"/> that it throws (a
    /// precondition that failed) reaches the caller, and nothing changes.
    /// </param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="StapesException">NotFound.</exception>
    public Task<Image> UpdateAsync(ImageKey key, Func<Image, Image> change, CancellationToken cancellation) =>
        throw new NotImplementedException();

    /// <summary>Deletes an image and the aliases that lead to nothing else. Its bytes stay readable for the grace period.</summary>
    /// <param name="key">The image.</param>
    /// <param name="precondition">Looks at the present record while nobody else writes; throws to stop. Null for none.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="StapesException">NotFound.</exception>
    public Task DeleteAsync(ImageKey key, Action<Image>? precondition, CancellationToken cancellation) =>
        throw new NotImplementedException();

    /// <summary>Notes that an image was used, at most once an hour; readers of <see cref="Changed"/> do not hear of it.</summary>
    public Task TouchAsync(ImageKey key, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Leads an alias to an image, beside the images of other types and architectures that it leads to.</summary>
    /// <exception cref="StapesException">NotFound: no such image. Conflict: it leads to an image of that type and architecture.</exception>
    public Task<Alias> CreateAliasAsync(AliasKey key, string description, Sha256Digest target, CancellationToken cancellation) =>
        throw new NotImplementedException();

    /// <summary>Changes the description or the targets of an alias, or its name.</summary>
    /// <param name="key">The alias.</param>
    /// <param name="change">As in <see cref="UpdateAsync"/>. Of each target only the fingerprint counts; without a target the alias goes.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="StapesException">
    /// NotFound: no such alias, or a target is no image. Conflict: two targets of one type and architecture, or the new name is taken.
    /// </exception>
    public Task UpdateAliasAsync(AliasKey key, Func<Alias, Alias> change, CancellationToken cancellation) =>
        throw new NotImplementedException();

    /// <exception cref="StapesException">NotFound: no such alias. Conflict: the new name is taken.</exception>
    public Task RenameAliasAsync(AliasKey key, string name, CancellationToken cancellation) => throw new NotImplementedException();

    /// <exception cref="StapesException">NotFound: no such alias.</exception>
    public Task DeleteAliasAsync(AliasKey key, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Deletes the bytes that no image has referred to for the grace period. Safe beside every other method.</summary>
    /// <returns>How many blobs were deleted.</returns>
    public Task<int> CollectAsync(CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Collects now and then, until cancelled. Failures are told to <paramref name="onError"/> and tried again later.</summary>
    public Task RunCollectorAsync(Action<StapesException> onError, CancellationToken cancellation) => throw new NotImplementedException();

    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
