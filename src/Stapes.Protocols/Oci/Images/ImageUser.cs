using System.Globalization;
using System.Text;

namespace Stapes.Protocols.Oci.Images;

/// <summary>
/// Whom the container runs as: what <c>USER[:GROUP]</c> of the configuration means to the image's own /etc/passwd and /etc/group.
/// Source: OCI image-spec 1.1, «Conversion to OCI Runtime Configuration», Config.User; the outcome is umoci's.
/// </summary>
internal sealed record ImageUser(uint UserId, uint GroupId, IReadOnlyList<uint> AdditionalGroupIds, string Home)
{
    /// <param name="user">The field; null or empty for root.</param>
    /// <param name="passwd">The content of /etc/passwd; empty when there is none.</param>
    /// <param name="group">The content of /etc/group; empty when there is none.</param>
    /// <exception cref="Stapes.Core.StapesException">Invalid: a name is in neither.</exception>
    public static ImageUser Find(string? user, ReadOnlySpan<byte> passwd, ReadOnlySpan<byte> group)
    {
        var (name, groupName) = Split(user ?? "");
        var entry = Lines(passwd).FirstOrDefault(f => f.Length > 3 && (name.Length == 0 ? f[2] == "0" : f[0] == name || f[2] == name));
        var userId = entry is not null ? Number(entry[2]) : name.Length == 0 ? 0 : Number(name);
        var groupId = entry is not null ? Number(entry[3]) : 0;
        if (userId is null || groupId is null)
            throw RootTree.Invalid($"runs as the user {RootTree.Shown(name)}, whom its /etc/passwd does not know");

        var groups = Lines(group).Where(static f => f.Length > 2).ToList();
        if (groupName.Length > 0)
        {
            var found = groups.FirstOrDefault(f => f[0] == groupName || f[2] == groupName);
            groupId = Number(found?[2] ?? groupName)
                ?? throw RootTree.Invalid($"runs with the group {RootTree.Shown(groupName)}, which its /etc/group does not know");
        }

        IReadOnlyList<uint> additional = groupName.Length > 0 || entry is null
            ? []
            : [.. groups.Where(f => f.Length > 3 && f[3].Split(',').Contains(entry[0], StringComparer.Ordinal)).Select(static f => Number(f[2])).OfType<uint>()];
        return new(userId.Value, groupId.Value, additional, entry is { Length: > 5 } ? entry[5] : "/");
    }

    private static (string, string) Split(string user)
    {
        var colon = user.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? (user, "") : (user[..colon], user[(colon + 1)..]);
    }

    private static IEnumerable<string[]> Lines(ReadOnlySpan<byte> file) =>
        Encoding.UTF8.GetString(file).Split('\n').Select(static l => l.Trim().Split(':')).Where(static f => f[0].Length > 0);

    private static uint? Number(string text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= int.MaxValue ? number : null;
}
