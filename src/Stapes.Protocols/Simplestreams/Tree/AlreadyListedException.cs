using Stapes.Core;

namespace Stapes.Protocols.Simplestreams.Tree;

/// <summary>The image that was to be added is there, listed for all that it was to be listed for.</summary>
public sealed class AlreadyListedException(string message) : StapesException(ErrorKind.Conflict, message);
