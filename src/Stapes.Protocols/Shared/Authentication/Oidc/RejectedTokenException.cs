using Stapes.Core;

namespace Stapes.Protocols.Shared.Authentication.Oidc;

/// <summary>A token that does not prove who its bearer is. Clients are answered with 401 and the way to get a new one.</summary>
public sealed class RejectedTokenException(string reason, Exception? inner = null)
    : StapesException(ErrorKind.Forbidden, $"The token is not accepted: {reason}; sign in again", inner);
