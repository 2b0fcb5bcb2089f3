// The addresses of existing servers. A lookup takes one of two threads that sign-in services, mail and Redis are looked up with
// as well, and cannot be ended: so there is one at a time, and one for all who wait for the same name.
// Tested in test/plugins/upstreams/http/lookup.test.ts.
import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import type { LookupFunction } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** With the addresses that a name had before, nobody waits longer for those it has now: a resolver that is well answers sooner. */
const MAX_WAIT_MS = 100

type Find = (name: string, options: { all: true }) => Promise<LookupAddress[]>

/** For all existing servers. @param find the system's. */
export function createLookup (find: Find = lookup): LookupFunction {
  const running = new Map<string, Promise<LookupAddress[]>>()
  const known = new Map<string, LookupAddress[]>()
  let last: Promise<unknown> = Promise.resolve()

  const start = (name: string): Promise<LookupAddress[]> => {
    const found = last.then(() => find(name, { all: true })).finally(() => running.delete(name))
    last = found.catch(() => {})
    running.set(name, found)
    found.then((addresses) => known.set(name, addresses), () => {})
    return found
  }
  const resolve = async (name: string): Promise<LookupAddress[]> => {
    const found = running.get(name) ?? start(name)
    const before = known.get(name)
    return before ? await Promise.race([found, sleep(MAX_WAIT_MS, before)]) : await found
  }
  return (name, { all, family }, done) => {
    const give = (addresses: LookupAddress[]) => {
      const fitting = family === 4 || family === 6 ? addresses.filter((one) => one.family === family) : addresses
      const [first] = fitting
      if (!first) done(Object.assign(new Error(`${name} has no address of this kind`), { code: 'ENOTFOUND' }), '')
      else if (all) done(null, fitting)
      else done(null, first.address, first.family)
    }
    resolve(name).then(give, (error: NodeJS.ErrnoException) => done(error, ''))
  }
}
