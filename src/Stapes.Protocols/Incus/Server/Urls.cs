using Stapes.Core.Library;

namespace Stapes.Protocols.Incus.Server;

/// <summary>The URLs of things, as lists and events name them: path segments percent-encoded, the project only when it is not the default.</summary>
internal static class Urls
{
    public static string Of(ImageKey image) => $"/1.0/images/{image.Fingerprint}{Query(image.Project)}";

    public static string Of(AliasKey alias) => $"/1.0/images/aliases/{Uri.EscapeDataString(alias.Name)}{Query(alias.Project)}";

    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Resources(ImageKey image) =>
        new Dictionary<string, IReadOnlyList<string>> { ["images"] = [Of(image)] };

    private static string Query(string project) =>
        project == Image.DefaultProject ? "" : $"?project={Uri.EscapeDataString(project)}";
}
