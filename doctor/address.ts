// The address: whether the assistants' servers in the cloud can reach it, over https, under this name.
import { lookup } from 'node:dns/promises'
import { connect } from 'node:tls'
import ipaddr from 'ipaddr.js'
import { reasonOf } from './reasons.ts'
import type { Report } from './report.ts'

const DAY_MS = 86_400_000
const FEW_DAYS = 14

/** @param typed what a person would paste into ChatGPT. @returns `undefined` where further checks make no sense. */
export async function checkAddress (report: Report, typed: string): Promise<URL | undefined> {
  report.section('The address')
  const url = URL.parse(/^[a-z]+:\/\//i.test(typed) ? typed : `https://${typed}`)
  if (!url || !/^https?:$/.test(url.protocol)) {
    report.fail(
      `${JSON.stringify(typed)} is not the address of a web server.`,
      'Write it as it is pasted into a client, for example https://mcp.example.com'
    )
    return undefined
  }
  if (url.username || url.password || url.search || url.hash) {
    report.fail(
      'The address contains more than a host and a path.',
      'Clients compare it with the name that the server gives itself: leave out user names, ? and #.'
    )
  }
  const isLocal = isLoopback(url.hostname)
  if (!(await resolves(report, url, isLocal))) return undefined
  if (url.protocol === 'https:') return (await checkTls(report, url)) ? url : undefined
  if (isLocal) {
    report.warn(
      'It is on this computer, without https: local programs can connect, ChatGPT and Claude on the web cannot.',
      'To let them connect, deploy it or open a tunnel, and set PUBLIC_URL to the https address.'
    )
  } else {
    report.fail(
      'It does not use https: assistants refuse it, and tokens can be read in transit.',
      'Put a proxy with a certificate in front, and set PUBLIC_URL to the https address.'
    )
  }
  return url
}

export const isLoopback = (hostname: string): boolean =>
  /^(?:localhost|.+\.localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname)

async function resolves (report: Report, { hostname }: URL, isLocal: boolean): Promise<boolean> {
  const name = hostname.replace(/^\[|\]$/g, '')
  try {
    const addresses = (await lookup(name, { all: true })).map(({ address }) => address)
    const hidden = addresses.filter((address) => ipaddr.process(address).range() !== 'unicast')
    if (!isLocal && hidden.length > 0) {
      report.fail(
        `The name resolves to ${hidden.join(', ')}, which is not on the public internet.`,
        'Assistants connect from the cloud: point the DNS record to a public address.'
      )
    } else report.pass(`The name resolves to ${addresses.join(', ')}.`)
    return true
  } catch (error) {
    report.fail(`${hostname} has no address.`, reasonOf(error as Error))
    return false
  }
}

async function checkTls (report: Report, { hostname, port }: URL): Promise<boolean> {
  if (port !== '') {
    report.warn(`It listens on port ${port}.`, 'Claude connects to port 443 only: let the proxy listen there.')
  }
  const host = hostname.replace(/^\[|\]$/g, '')
  try {
    const days = await certificateDays(host, Number(port || 443))
    if (days < FEW_DAYS) report.warn(`The certificate expires in ${days} days.`, 'Check that it is renewed automatically.')
    else report.pass(`The certificate is valid, for ${days} more days.`)
    return true
  } catch (error) {
    report.fail('The https connection failed.', reasonOf(error as Error))
    return false
  }
}

/** Whole days until the certificate ends. Rejects where it is not trusted. */
function certificateDays (host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(
      { host, port, ...(ipaddr.isValid(host) ? {} : { servername: host }), timeout: 10_000 },
      () => {
        resolve(Math.floor((Date.parse(socket.getPeerCertificate().valid_to) - Date.now()) / DAY_MS))
        // The other side may never end it, and would keep this process.
        socket.destroy()
      }
    )
    socket.once('timeout', () => socket.destroy(Object.assign(new Error('no answer'), { name: 'TimeoutError' })))
    socket.once('error', reject)
  })
}
