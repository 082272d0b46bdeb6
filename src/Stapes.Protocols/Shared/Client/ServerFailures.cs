using Stapes.Core;

namespace Stapes.Protocols.Shared.Client;

/// <summary>No request has reached the server: another address of it can be tried, whatever the request is.</summary>
internal sealed class UnreachableServerException(string message, Exception? inner = null) : StapesException(ErrorKind.Unavailable, message, inner);

/// <summary>A connection that broke, or a server that fell silent, while bytes were on their way.</summary>
internal sealed class BrokenConnectionException(string message, Exception? inner = null) : StapesException(ErrorKind.Unavailable, message, inner);

/// <summary>What answers is not the server that is meant.</summary>
internal sealed class UntrustedServerException(string message) : StapesException(ErrorKind.Forbidden, message);
