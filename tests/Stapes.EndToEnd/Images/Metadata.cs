using System.Runtime.InteropServices;

namespace Stapes.EndToEnd.Images;

/// <summary>The metadata.yaml of a test image.</summary>
internal static class Metadata
{
    public static DateTimeOffset Created { get; } = new(2025, 3, 4, 5, 6, 0, TimeSpan.Zero);

    /// <summary>This machine's architecture, as the kernel calls it: the daemon refuses to start another.</summary>
    public static string Architecture { get; } = RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "aarch64" : "x86_64";

    public static string Yaml(string os, string release, DateTimeOffset created, string description) => $$"""
        architecture: {{Architecture}}
        creation_date: {{created.ToUnixTimeSeconds()}}
        properties:
          os: {{os}}
          release: "{{release}}"
          variant: default
          architecture: {{Architecture}}
          description: {{description}}

        """;
}
