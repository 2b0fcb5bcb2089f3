// The existing MCP servers behind the examined one, by its metrics (https://prometheus.io/docs/instrumenting/exposition_formats/):
// which of them are not reached, and where to look.
import { request } from './http.ts'
import type { Report } from './report.ts'

/** One line of the metrics. */
interface Sample {
  name: string
  labels: Readonly<Record<string, string>>
  value: number
}

/** By the outcome that the requests to it have most often. */
const ADVICE: Readonly<Record<string, string>> = {
  unreachable: 'Check that it runs, and its "command" or "url" in mcp.json.',
  unauthorized: 'It refuses what this server sends: renew the key in its "headers" or "env" in mcp.json.',
  timeout: 'It does not answer in time: look at its load, or raise its "timeoutMs" in mcp.json.',
  busy: 'It takes no more requests: look at its load and its own limits.',
  ended: 'It ends before it answers: the last lines that it wrote are in the log of the server.',
  malformed: 'It answers with something other than MCP: check its "url" in mcp.json, and its version.'
}

/** @param token METRICS_TOKEN of the server. @throws NoAnswer */
export async function checkUpstreams (report: Report, url: URL, token: string): Promise<void> {
  report.section('Existing servers behind it')
  const address = `${url.origin}${url.pathname.replace(/\/$/, '')}/metrics`
  const headers = { authorization: `Bearer ${token}`, accept: 'text/plain' }
  const { status, text } = await request(address, { headers })
  if (status === 401) {
    report.fail('The server does not accept the token for its metrics.', 'Pass what METRICS_TOKEN is at the server.')
    return
  }
  const samples = status === 200 ? readSamples(text) : []
  if (samples.length === 0) {
    report.fail(`There are no metrics at ${address} (status ${status}).`, 'Set METRICS_TOKEN at the server, and restart it.')
    return
  }
  const servers = samples.filter(({ name }) => name === 'mcp_upstream_up')
  const nameOf = ({ labels }: Sample) => String(labels['upstream'])
  const [up, down] = [servers.filter(({ value }) => value !== 0), servers.filter(({ value }) => value === 0)]
  if (servers.length === 0) report.pass('There are none.')
  if (up.length > 0) report.pass(`These are reached, or nobody needs them now: ${up.map(nameOf).join(', ')}`)
  for (const name of down.map(nameOf)) {
    const outcome = commonFailure(samples, name)
    report.fail(
      `The server ${name} is not reached: its tools answer with an error.`,
      `${ADVICE[outcome] ?? 'Check that it runs.'} The log of the server has the reason: look for ${name}.`
    )
  }
}

/** @returns '' where no request has failed. */
function commonFailure (samples: readonly Sample[], upstream: string): string {
  const totals = new Map<string, number>()
  for (const { name, labels, value } of samples) {
    const { outcome = 'ok' } = labels
    if (name !== 'mcp_upstream_requests_total' || labels['upstream'] !== upstream || outcome === 'ok') continue
    totals.set(outcome, (totals.get(outcome) ?? 0) + value)
  }
  const [most = ['']] = [...totals].sort(([, one], [, other]) => other - one)
  return most[0]
}

const SAMPLE = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)/gm
/** From the beginning of a word: a long one would be looked through from each of its letters. */
const LABEL = /\b(\w+)="((?:[^"\\]|\\.)*)"/g

function readSamples (text: string): Sample[] {
  return [...text.matchAll(SAMPLE)].map(([, name, labels = '', value]) => ({
    name: name!,
    labels: Object.fromEntries([...labels.matchAll(LABEL)].map(([, label, content]) => [label, content])),
    value: Number(value)
  }))
}
