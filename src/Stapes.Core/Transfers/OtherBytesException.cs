namespace Stapes.Core.Transfers;

/// <summary>The bytes that came are not those of the file that was asked for.</summary>
internal sealed class OtherBytesException(string message) : StapesException(ErrorKind.Unavailable, message);
