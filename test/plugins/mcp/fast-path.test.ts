// The fast path and the SDK answer alike: a corpus of ordinary and odd requests of both eras, and what a fuzzer makes of
// it. The fast path may leave a request alone, and never answers anything else.
import { ALL_RIGHTS } from '../../../plugins/access-rules/contract.ts'
import { Readable } from 'node:stream'
import fc from '../../helpers/fast-check.ts'
import t from 'tap'
import type { McpRequest, McpResponse } from '../../../plugins/mcp/contract.ts'
import { readMessages } from '../../../plugins/mcp/json-rpc.ts'
import { access, openBothPaths } from '../../helpers/mcp-both-paths.ts'
import { corpus, MODERN, type Sent } from '../../helpers/mcp-corpus.ts'

const readAnswer = async ({ status, body }: McpResponse): Promise<unknown> => {
  const whole = body instanceof Readable ? (await body.setEncoding('utf8').toArray()).join('') : Buffer.isBuffer(body) ? String(body) : body
  return { status, body: typeof whole === 'string' && whole.startsWith('{') ? (JSON.parse(whole) as unknown) : whole }
}

const { sdk, fastPath, log } = await openBothPaths(t)

const requestOf = ({ headers, body }: Sent): McpRequest => ({
  body: readMessages(body, headers['mcp-protocol-version']),
  headers,
  acceptsEvents: true,
  access,
  rights: ALL_RIGHTS,
  requestId: 'r',
  signal: new AbortController().signal,
  log
})

/** @returns whether the fast path took it. */
async function same (sent: Sent): Promise<{ taken: boolean; ours?: unknown; theirs?: unknown }> {
  let ready: McpRequest
  try {
    ready = requestOf(sent)
  } catch {
    // Refused before any handler sees it.
    return { taken: false }
  }
  const ours = fastPath.serve(ready)
  if (!ours) return { taken: false }
  return {
    taken: true,
    ours: withoutStates(await readAnswer(await ours)),
    theirs: withoutStates(await readAnswer(await sdk(requestOf(sent))))
  }
}

/** Sealing the same state gives another text each time. */
const withoutStates = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value).replaceAll(/"requestState":"[^"]*"/g, '"requestState":"sealed"')) as unknown

t.test('both answer the corpus alike', async (t) => {
  t.ok(corpus.length >= 300, `${corpus.length} requests`)
  let taken = 0
  for (const sent of [...corpus, ...corpus]) {
    const { taken: ours, ours: mine, theirs } = await same(sent)
    if (!ours) continue
    taken++
    t.strictSame(
      mine,
      theirs,
      JSON.stringify(sent)
        .replaceAll(/[^ -~]/gu, '?')
        .slice(0, 200)
    )
  }
  t.ok(taken > 150, `the fast path took ${taken / 2} of ${corpus.length}`)
})

t.test('both answer what a fuzzer makes of the corpus alike', async (t) => {
  const value = fc.oneof(
    fc.constantFrom<unknown>(
      null,
      true,
      '',
      'x',
      0,
      -1,
      [],
      {},
      { _meta: {} },
      [1],
      MODERN,
      '2025-11-25',
      'tools/call',
      'echo',
      { text: 'x' }
    ),
    fc.jsonValue({ maxDepth: 2 })
  )
  const mutation = fc.record({
    at: fc.nat(40),
    key: fc.constantFrom(
      'name',
      'arguments',
      '_meta',
      'cursor',
      'method',
      'id',
      'params',
      'jsonrpc',
      'progressToken',
      'io.modelcontextprotocol/clientCapabilities',
      'io.modelcontextprotocol/protocolVersion',
      'text',
      'requestState'
    ),
    value,
    drop: fc.boolean()
  })
  const header = fc.option(
    fc.tuple(
      fc.constantFrom('mcp-protocol-version', 'mcp-method', 'mcp-name', 'mcp-session-id', 'mcp-param-x'),
      fc.constantFrom('', 'x', MODERN, '2025-06-18', 'tools/call', 'echo')
    )
  )
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...corpus),
      fc.array(mutation, { maxLength: 3 }),
      header,
      async (sent, mutations, extra) => {
        const mutated = structuredClone(sent)
        for (const { at, key, value, drop } of mutations) {
          const places = objectsIn(mutated.body)
          const place = places[at % places.length]!
          if (drop) delete place[key]
          else {
            Object.defineProperty(place, key, {
              value: structuredClone(value),
              enumerable: true,
              configurable: true,
              writable: true
            })
          }
        }
        if (extra) mutated.headers[extra[0]] = extra[1]
        const { taken, ours, theirs } = await same(mutated)
        if (taken && JSON.stringify(sorted(ours)) !== JSON.stringify(sorted(theirs))) {
          throw new Error(
            `${JSON.stringify(mutated)}\nfast path: ${JSON.stringify(ours)}\nSDK: ${JSON.stringify(theirs)}`
          )
        }
      }
    ),
    { numRuns: 3_000 }
  )
  t.pass('3,000 mutated requests')
})

function objectsIn (value: unknown): Array<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return []
  return [
    ...(Array.isArray(value) ? [] : [value as Record<string, unknown>]),
    ...Object.values(value).flatMap(objectsIn)
  ]
}

/** The same JSON, with members in one order. */
const sorted = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(sorted)
    : typeof value === 'object' && value !== null
      ? Object.fromEntries(
        Object.entries(value)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, inner]) => [key, sorted(inner)])
      )
      : value
