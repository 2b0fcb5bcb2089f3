// One call of each method of the endpoint, by what it needs, for tests of who may not.
import { INITIALIZE } from './mcp-access.ts'

export type Call = [method: string, params?: Record<string, unknown>]

export const RUNS: Call[] = [
  ['tools/call', { name: 'act', arguments: {} }],
  ['resources/read', { uri: 'hidden://1' }],
  ['prompts/get', { name: 'hidden', arguments: { a: '' } }]
]

export const COMPLETES: Call[] = [
  ['completion/complete', { ref: { type: 'ref/resource', uri: 'hidden://{id}' }, argument: { name: 'id', value: '' } }],
  ['completion/complete', { ref: { type: 'ref/prompt', name: 'hidden' }, argument: { name: 'a', value: '' } }]
]

export const LISTS: Call[] = [['prompts/list'], ['resources/list'], ['resources/templates/list']]

export const SUBSCRIBES = [['hidden://1'], ['no://such', 'hidden://1']].map((uris): Call => [
  'subscriptions/listen',
  { notifications: { resourceSubscriptions: uris } }
])

export const PLAIN: Call[] = [
  ['ping'],
  ['server/discover'],
  ['tools/list'],
  ['initialize', INITIALIZE],
  ['subscriptions/listen', { notifications: { toolsListChanged: true } }],
  ['no/such']
]

export const IN_SESSION: Call[] = [
  ['resources/subscribe', { uri: 'hidden://1' }],
  ['resources/unsubscribe', { uri: 'hidden://1' }],
  ['logging/setLevel', { level: 'debug' }]
]

export const ALL = [...RUNS, ...COMPLETES, ...LISTS, ...SUBSCRIBES, ...PLAIN, ...IN_SESSION]
