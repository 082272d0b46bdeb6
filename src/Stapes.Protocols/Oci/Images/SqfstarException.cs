using Stapes.Core;

namespace Stapes.Protocols.Oci.Images;

/// <summary>
/// sqfstar failed, and not for want of space. The image may be right and another version of the program take it, but with the same
/// program another attempt is a waste.
/// </summary>
internal sealed class SqfstarException(string message) : StapesException(ErrorKind.Unavailable, message);
