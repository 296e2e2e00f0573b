/** Where a link of an answer leads; undefined for everything that is no http(s) address. */
export function safeLink(href: string): URL | undefined {
  const url = URL.parse(href, location.origin);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' ? url : undefined;
}
