import { lookup as resolve } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

/**
 * Addresses that a caller may not send this server to: everything that is not plainly on the public network. Sources: the
 * IANA special-purpose registries; a list with holes was how another gateway was turned against its own network.
 */
const ipv4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]
/** Of IPv6 only global unicast is public, and not the parts of it that hide an IPv4 address or are for documents. */
const ipv6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']

const refused = new BlockList()
for (const range of ipv4) add(range, 'ipv4')
for (const range of ipv6) add(range, 'ipv6')
const globalUnicast = new BlockList()
globalUnicast.addSubnet('2000::', 3, 'ipv6')

function add(range: string, family: 'ipv4' | 'ipv6'): void {
  const [address = '', bits] = range.split('/')
  refused.addSubnet(address, Number(bits), family)
}

export function isPublic(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !refused.check(address, 'ipv4')
    case 6:
      return globalUnicast.check(address, 'ipv6') && !refused.check(address, 'ipv6')
    default:
      return false
  }
}

/** Whether a host, a name or an address as URLs have it, is on the public network; one that cannot be found is taken to be. */
export async function isPublicHost(host: string): Promise<boolean> {
  const bare = bareHost(host)
  if (isIP(bare) !== 0) return isPublic(bare)
  return new Promise((resolved) =>
    resolve(bare, { all: true }, (error, addresses) =>
      resolved(error !== null || addresses.every(({ address }) => isPublic(address))),
    ),
  )
}

/** Throws NotPublic for a URL that names an address outside; one with a name is looked at when the name is resolved. */
export function refuseLiteral(url: string): void {
  const host = bareHost(new URL(url).hostname)
  if (isIP(host) !== 0 && !isPublic(host)) throw new NotPublic(`${host} is not on the public network`)
}

/** Of an address of IPv6 without its brackets. */
function bareHost(host: string): string {
  return host.replace(/^\[|\]$/g, '')
}

export class NotPublic extends Error {
  override readonly name = 'NotPublic'
}

/**
 * Resolves a name once and hands the connection the very address that was looked at, so that no second answer of a name
 * server leads elsewhere.
 */
export const lookupPublic: LookupFunction = (host, options, done) => {
  resolve(host, { ...options, all: true }, (error, addresses) => {
    if (error) return done(error, '')
    const wrong = addresses.find(({ address }) => !isPublic(address))
    const [first] = addresses
    if (wrong || !first) return done(new NotPublic(`${host} is not on the public network`), '')
    // Which of the two forms is wanted depends on who connects.
    if (options.all) return done(null, addresses)
    return done(null, first.address, first.family)
  })
}
