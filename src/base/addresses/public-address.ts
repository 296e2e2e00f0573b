import * as dns from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { AppError } from '../errors.ts';

/** IPv4 blocks that no service on the internet has: IANA's special-purpose registry, multicast and reserved space. */
const SPECIAL_IPV4 = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...['224.0.0.0/3'],
];
/** Blocks inside `2000::/3` that are not public: Teredo and other protocols, documentation, 6to4. */
const SPECIAL_IPV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

const special = blockList([...SPECIAL_IPV4, ...SPECIAL_IPV6]);
const globalUnicast = blockList(['2000::/3']);
/** Translators (NAT64) reach the IPv4 address that is in the last 32 bits. */
const translated = blockList(['64:ff9b::/96']);
const mapped = blockList(['::ffff:0:0/96']);

/**
 * Whether an IP address is one of the public internet. Loopback, private, link-local (cloud metadata is there), shared,
 * multicast and reserved addresses are not; an IPv6 address that carries an IPv4 address is judged by it. A text that is
 * no IP address is not public.
 */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !special.check(address, 'ipv4');
  if (family !== 6 || address.includes('%')) return false;
  if (translated.check(address, 'ipv6') || mapped.check(address, 'ipv6')) return isPublicAddress(embedded(address));
  return globalUnicast.check(address, 'ipv6') && !special.check(address, 'ipv6');
}

/**
 * Refuses the host of a URL that is itself an address that is not public: Node resolves no such host, so a lookup
 * never sees it.
 * @param hostname as `URL.hostname` has it, IPv6 in brackets
 * @throws AppError `location_denied`
 */
export function requirePublicHost(hostname: string): void {
  const address = hostname.replace(/^\[(.*)\]$/, '$1');
  if (isIP(address) !== 0 && !isPublicAddress(address)) throw denied(hostname, address);
}

/**
 * A `lookup` for `node:http`, `node:net` and undici (`connect: {lookup}`) that gives only hosts whose every address is
 * public. The connection is made to the very addresses that were checked, so a name that changes its address in between
 * (DNS rebinding) gains nothing. The error is an AppError `location_denied`.
 */
export function createPublicLookup(lookup: LookupFunction = dns.lookup): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, options, (error, found, family) => {
      const addresses = typeof found === 'string' ? [found] : (found ?? []).map(({ address }) => address);
      const refused = error === null ? addresses.find((address) => !isPublicAddress(address)) : undefined;
      if (refused === undefined) callback(error, found, family);
      else callback(denied(hostname, refused), found, family);
    });
  };
}

function denied(hostname: string, address: string): AppError {
  const which = hostname === address || hostname === `[${address}]` ? 'is' : `has the address ${address}, which is`;
  return new AppError(
    'location_denied',
    `The host "${hostname}" ${which} not an address of the public internet. Only public hosts are read here.`,
  );
}

function blockList(blocks: string[]): BlockList {
  const list = new BlockList();
  for (const block of blocks) {
    const [network = '', prefix] = block.split('/');
    list.addSubnet(network, Number(prefix), network.includes(':') ? 'ipv6' : 'ipv4');
  }
  return list;
}

/** The IPv4 address in the last 32 bits. The URL parser writes every form in hexadecimal groups. */
function embedded(address: string): string {
  const groups = new URL(`http://[${address}]/`).hostname.slice(1, -1).split(':');
  const [high, low] = groups.slice(-2).map((group) => Number.parseInt(group === '' ? '0' : group, 16));
  return [(high ?? 0) >> 8, (high ?? 0) & 255, (low ?? 0) >> 8, (low ?? 0) & 255].join('.');
}
