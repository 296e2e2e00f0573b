/**
 * The {@link Provider.server} of a base URL: the provider's name and the address without credentials.
 * @returns undefined for the provider's own server
 */
export function serverName(provider: string, baseUrl: string | undefined, own: string): string | undefined {
  if (baseUrl === undefined || withoutSlash(baseUrl) === own) return undefined;
  return `${provider} ${withoutCredentials(baseUrl)}`;
}

/** An address without the credentials and parameters that it may contain. */
export function withoutCredentials(address: string): string {
  const url = new URL(address);
  if (url.username === '' && url.password === '' && url.search === '' && url.hash === '') return withoutSlash(address);
  return withoutSlash(`${url.origin}${url.pathname}`);
}

function withoutSlash(address: string): string {
  return address.replace(/\/+$/, '');
}
