// An upstream that answers in every way there is, one tool for
// each; `NAME_change` of each is not read-only.
import { ProtocolError } from '@modelcontextprotocol/server'
import {
  UpstreamError,
  type Answered,
  type UpstreamFault
} from '../../plugins/upstreams/contract.ts'
import { result, says, type FakeOffer } from './fake-upstreams.ts'

/** What of an answer no client may see. */
export const HIDDEN = 'HIDDEN'

export const EVERY_KIND = [
  {
    type: 'text',
    text: 'seen',
    annotations: { audience: ['user'], priority: 1 },
    _meta: { a: 1 }
  },
  { type: 'image', data: 'AAAA', mimeType: 'image/png' },
  { type: 'audio', data: 'AAAA', mimeType: 'audio/wav' },
  {
    type: 'resource',
    resource: { uri: 'file:///a', text: 'x', mimeType: 'text/plain' }
  },
  { type: 'resource_link', uri: 'file:///b', name: 'b' }
]

const fails = (fault: UpstreamFault, wasSent = true) => () => {
  throw new UpstreamError('odd', fault, HIDDEN, { wasSent })
}

const refuses = (code: number, message: string, data?: unknown) =>
  () => { throw new ProtocolError(code, message, data) }

export const ISSUE = 'Invalid: [{"path":["a"],"message":"no"}]'

const ANSWERS: Record<string, () => Answered> = {
  plain: () => says('hello'),
  every_kind: () => result({
    content: EVERY_KIND,
    structuredContent: { a: [1, { b: null }] },
    _meta: { a: 1 }
  }),
  failing: () => result({
    content: [{ type: 'text', text: 'No such file.' }],
    isError: true
  }),
  without_content: () => result({ structuredContent: { a: 1 } }),
  array: () => result({ content: [], structuredContent: [1, 2] }),
  reserved: () => result({
    content: [],
    resultType: 'complete',
    other: HIDDEN,
    _meta: {
      'io.modelcontextprotocol/serverInfo': { name: HIDDEN, version: '1' },
      'mcp/www_authenticate': [HIDDEN],
      own: 1
    }
  }),
  odd_content: () => result({ content: [{ type: 'video', data: HIDDEN }] }),
  no_list: () => result({ content: HIDDEN }),
  unreachable: fails('unreachable', false),
  timeout: fails('timeout'),
  unauthorized: fails('unauthorized', false),
  busy: fails('busy', false),
  ended: fails('ended'),
  malformed: fails('malformed'),
  failed: fails('failed'),
  broken: () => { throw new Error(HIDDEN) },
  wrong_arguments: refuses(-32602, ISSUE, { a: 1 }),
  own_code: refuses(1234, 'One\u0000\u202e\ntwo', 'x'.repeat(5_000)),
  session: refuses(-32001, 'Session not found'),
  no_method: refuses(-32601, 'Method not found'),
  headers: refuses(-32020, 'Header mismatch'),
  version: refuses(-32022, 'No', { supported: ['1'], requested: '2' }),
  not_found: refuses(-32002, 'Not found', { uri: 'file:///x' }),
  page: refuses(-32042, 'Open a page', {
    elicitations: [{
      mode: 'url',
      message: 'Go',
      url: 'https://a.example',
      elicitationId: 'x'
    }]
  })
}

export const odd: FakeOffer = {
  name: 'odd',
  tools: Object.keys(ANSWERS).flatMap((name) => [
    { name, annotations: { readOnlyHint: true } },
    { name: `${name}_change` }
  ]),
  answer: ({ params: { name } }) =>
    ANSWERS[String(name).replace(/_change$/, '')]!()
}
