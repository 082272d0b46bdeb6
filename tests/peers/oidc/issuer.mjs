// A real OpenID Connect issuer on loopback, for the end-to-end tests: any name signs in with any password.
// Usage: node issuer.mjs PORT [LIFETIME]    access tokens are valid for LIFETIME seconds; a line is printed when it listens
import { Provider } from 'oidc-provider';

const [port, lifetime = '3600'] = process.argv.slice(2);
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: 'stapes',
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
    response_types: [],
    redirect_uris: [],
  }],
  cookies: { keys: ['tests only'] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  issueRefreshToken: () => true,
  ttl: { AccessToken: Number(lifetime), DeviceCode: 600, Grant: 3600, IdToken: 3600, Interaction: 600, RefreshToken: 3600, Session: 3600 },
  features: {
    deviceFlow: { enabled: true },
    // Access tokens that the server can read itself are those for a resource of its own.
    resourceIndicators: {
      enabled: true,
      defaultResource: () => 'https://images.example',
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({ scope: 'openid offline_access', audience: 'images.example', accessTokenFormat: 'jwt' }),
    },
  },
});
// The Incus client does not know that without an interval it is five seconds (RFC 8628, section 3.2), and gives up at once.
provider.use(async (context, next) => {
  await next();
  if (context.body?.device_code)
    context.body.interval = 1;
});
provider.listen(Number(port), '127.0.0.1', () => console.log('listening'));
