namespace Stapes.Core.Access;

/// <summary>What an identity may do in its projects; each role may do what the ones before it may.</summary>
public enum Role
{
    /// <summary>Sees private images.</summary>
    Viewer,

    /// <summary>Adds, edits and deletes images and aliases.</summary>
    Publisher,

    /// <summary>Everything, also identities and projects where it is not restricted to some.</summary>
    Admin,
}
