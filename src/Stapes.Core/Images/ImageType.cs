namespace Stapes.Core.Images;

/// <summary>What an image becomes when it is launched.</summary>
public enum ImageType
{
    Container,
    VirtualMachine,
}

public static class ImageTypeNames
{
    /// <summary>The name that Incus and its indexes use: <c>container</c> or <c>virtual-machine</c>.</summary>
    public static string ToName(this ImageType type) => type is ImageType.VirtualMachine ? "virtual-machine" : "container";
}
