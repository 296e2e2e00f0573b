import { schemeOf } from './scheme.ts';

/** Query parameters that hold a secret, in lower case: of signed URLs, access tokens, keys and passwords. */
const SECRET_PARAMETERS = new Set([
  'x-amz-signature',
  'x-amz-security-token',
  'x-amz-credential',
  'x-goog-signature',
  'x-goog-credential',
  'awsaccesskeyid',
  'signature',
  'sig',
  'token',
  'access_token',
  'auth_token',
  'auth',
  'api_key',
  'apikey',
  'api-key',
  'key',
  'secret',
  'client_secret',
  'password',
  'passwd',
  'pwd',
  'authmechanismproperties',
  'proxypassword',
  'tlscertificatekeyfilepassword',
]);

/**
 * A URI that is safe to show, log and store: without `user:password@`, and without the values of query parameters that
 * hold a secret. A plain path and a `file:` URI have no credentials and stay as they are. Idempotent.
 */
export function withoutCredentials(uri: string): string {
  const scheme = schemeOf(uri);
  if (scheme === undefined || scheme === 'file') return uri;
  const start = scheme.length + '://'.length;
  const [place = '', ...queries] = withoutUser(uri.slice(start)).split('?');
  return `${uri.slice(0, start)}${[place, ...queries.map(withoutSecrets)].join('?')}`;
}

/**
 * The text after the last `@` of the part with the hosts. A password may hold an unencoded `/`, `?` or `@`: where the
 * text before the first of them is not a list of hosts, the `@` is searched in the rest as well.
 */
function withoutUser(rest: string): string {
  const hosts = rest.slice(0, rest.search(/[/?#]|$/));
  if (hosts.includes('@')) return rest.slice(rest.slice(0, rest.search(/\?|$/)).lastIndexOf('@') + 1);
  const isHosts = !hosts.includes(':') || /:\d*$/.test(hosts) || hosts.startsWith('[');
  return isHosts ? rest : rest.slice(rest.lastIndexOf('@') + 1);
}

function withoutSecrets(query: string): string {
  return query
    .split('&')
    .map((parameter) => {
      const equals = parameter.indexOf('=');
      if (equals === -1) return parameter;
      const name = parameter.slice(0, equals);
      return SECRET_PARAMETERS.has(decoded(name).toLowerCase()) ? `${name}=***` : parameter;
    })
    .join('&');
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    // Not percent-encoded: the name is used unchanged.
    return name;
  }
}
