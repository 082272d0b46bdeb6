namespace Stapes.Core.Access;

/// <summary>A part of the store with images and aliases of its own.</summary>
public sealed record Project(string Name, string Description)
{
    private const int Longest = 63;

    /// <exception cref="StapesException">Invalid: it is no name for a project. The rules are those of Incus.</exception>
    public static void Check(string name)
    {
        var fault = name switch
        {
            "" => "it is empty",
            { Length: > Longest } => $"it is longer than {Longest} characters",
            "." or ".." => "it is reserved",
            _ when name.Any(static c => char.IsWhiteSpace(c) || char.IsControl(c) || c is '/' or '\'' or '"' or '*' or '_' or ',' or ':') =>
                "it contains white space or one of / ' \" * _ , :",
            _ => null,
        };
        if (fault is not null)
            throw new StapesException(ErrorKind.Invalid, $"Invalid project name \"{name}\": {fault}");
    }
}
