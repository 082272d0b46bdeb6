using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Stapes.Core.Images;

/// <summary>
/// A processor architecture, named as the kernel names it (<c>x86_64</c>, <c>aarch64</c>, …). Source: Incus, <c>shared/osarch</c>.
/// </summary>
public sealed class Architecture
{
    private static readonly Architecture[] All =
    [
        new("i686", "i386", "i586", "386", "x86", "generic_32"),
        new("x86_64", "amd64", "generic_64", "x86_64_v1", "x86_64_v2", "x86_64_v3", "x86_64_v4"),
        new("armv6l", "armel", "arm"),
        new("armv7l", "armhf", "armhfp", "armv7a_hardfp", "armv7", "armv7a_vfpv3_hardfp"),
        new("armv8l"),
        new("aarch64", "arm64", "arm64_generic"),
        new("ppc", "powerpc"),
        new("ppc64", "powerpc64"),
        new("ppc64le", "ppc64el"),
        new("s390x"),
        new("mips", "mipsel", "mipsle"),
        new("mips64", "mips64el", "mips64le"),
        new("riscv32"),
        new("riscv64"),
        new("loongarch64", "loong64"),
    ];

    private static readonly Dictionary<string, Architecture> ByName =
        All.SelectMany(static a => a.Names.Select(name => (name, a))).ToDictionary(static p => p.name, static p => p.a, StringComparer.Ordinal);

    private Architecture(string name, params string[] aliases)
    {
        Name = name;
        Names = [name, .. aliases];
    }

    /// <summary>The kernel's name.</summary>
    public string Name { get; }

    /// <summary>Every name that Incus accepts for it, the kernel's first, then Debian's.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The name that Debian and image indexes use (<c>amd64</c>, <c>arm64</c>); the kernel's where there is no other.</summary>
    public string DebianName => Name switch
    {
        "armv6l" => "armel",
        "mips" or "mips64" => Name,
        _ => Names.Count > 1 ? Names[1] : Name,
    };

    /// <summary>The architecture of this machine.</summary>
    public static Architecture Local { get; } = Parse(RuntimeInformation.OSArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.Arm64 => "aarch64",
        System.Runtime.InteropServices.Architecture.Arm => "armv7l",
        System.Runtime.InteropServices.Architecture.Armv6 => "armv6l",
        System.Runtime.InteropServices.Architecture.X86 => "i686",
        System.Runtime.InteropServices.Architecture.S390x => "s390x",
        System.Runtime.InteropServices.Architecture.Ppc64le => "ppc64le",
        System.Runtime.InteropServices.Architecture.RiscV64 => "riscv64",
        System.Runtime.InteropServices.Architecture.LoongArch64 => "loongarch64",
        _ => "x86_64",
    });

    /// <summary>Names are case-sensitive, as in Incus.</summary>
    public static bool TryParse([NotNullWhen(true)] string? name, [NotNullWhen(true)] out Architecture? architecture)
    {
        architecture = null;
        return name is not null && ByName.TryGetValue(name, out architecture);
    }

    /// <exception cref="StapesException">Incus knows no architecture of that name.</exception>
    public static Architecture Parse(string name) => TryParse(name, out var architecture)
        ? architecture
        : throw new StapesException(ErrorKind.Invalid, $"Unknown architecture \"{name}\": use one of {string.Join(", ", All.Select(static a => a.Name))}");

    public override string ToString() => Name;
}
