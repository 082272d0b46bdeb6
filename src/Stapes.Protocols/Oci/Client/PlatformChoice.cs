using Stapes.Core.Images;
using Stapes.Protocols.Oci.Images;

namespace Stapes.Protocols.Oci.Client;

/// <summary>Chooses a manifest of an index. Source: OCI image-spec 1.1, «Image Index», platform.</summary>
internal static class PlatformChoice
{
    /// <summary>The manifest for an architecture; null when there is none. Of several the first counts, as the specification says.</summary>
    public static OciDescriptor? Choose(OciIndex index, Architecture architecture) =>
        index.Manifests?.FirstOrDefault(m => IsFor(m.Platform, architecture))
        ?? index.Manifests?.FirstOrDefault(m => m.Platform is null && (OciMediaTypes.IsIndex(m.MediaType) || index.Manifests.Count == 1));

    /// <summary>What an index has, for a message.</summary>
    public static string Describe(OciIndex index) => string.Join(", ", index.Manifests?.Select(static m => m.Platform)
        .Where(static p => p is { Os: null or "linux" }).Select(static p => ApplicationImage.ReadArchitecture(p!.Architecture, p.Variant)?.Name).OfType<string>().Distinct(StringComparer.Ordinal) ?? []);

    private static bool IsFor(OciPlatform? platform, Architecture architecture) =>
        platform is { Os: null or "" or "linux" } && ApplicationImage.ReadArchitecture(platform.Architecture, platform.Variant) == architecture;
}
