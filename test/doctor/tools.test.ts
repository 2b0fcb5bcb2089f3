// The tools: what assistants refuse or misunderstand is reported.
import t from 'tap'
import { checkFaults, type Fault, result } from './examination.ts'

const faults: Fault[] = [
  {
    name: 'no tools',
    change: result('tools/list', (list) => {
      list['tools'] = []
    }),
    reports: /There are no tools/,
    advises: /No app actions available/,
    signsIn: true
  },
  {
    name: 'no list at all',
    change: result('tools/list', (list) => {
      delete list['tools']
    }),
    reports: /An answer could not be read/,
    advises: /not of the kind that clients expect/,
    signsIn: true
  },
  {
    name: 'a list without an end',
    change: ({ request, answer }) => {
      if (!request.body.includes('"tools/list"')) return
      answer.status = 200
      answer.body = '{"jsonrpc":"2.0","id":2,"result":{"tools":[],"nextCursor":"more"}}'
    },
    reports: /its list of tools does not end after 100 pages/,
    advises: /log/,
    signsIn: true
  },
  {
    name: 'tools without hints',
    change: result('tools/list', (list) => {
      delete (list['tools'] as Array<Record<string, unknown>>)[0]!['annotations']
    }),
    reports: /Not all of readOnlyHint/,
    advises: /asks before each call/,
    signsIn: true,
    isWarning: true
  },
  {
    name: 'search in another shape',
    change: result('tools/call', (call) => {
      call['content'] = [{ type: 'text', text: 'Tides are caused by the moon.' }]
    }),
    reports: /search does not answer in the shape/,
    advises: /"results"/,
    signsIn: true
  },
  {
    name: 'fetch without its text',
    change: result('tools/call', ({ content }) => {
      const [first] = content as Array<{ text: string }>
      first!.text = first!.text.replace('"text":', '"body":')
    }),
    reports: /The answer of fetch has no text/,
    advises: /"text", "url"/,
    signsIn: true
  },
  {
    name: 'an error instead of a list',
    change: ({ request, answer }) => {
      if (request.body.includes('"tools/list"')) {
        answer.body = '{"jsonrpc":"2.0","id":2,"error":{"code":-32603,"message":"broken \\u001b[2J"}}'
      }
    },
    reports: /refuses a client’s request: broken +\[2J/,
    advises: /log/,
    signsIn: true
  }
]

t.test('each fault is reported, with what to do', (t) => checkFaults(t, faults))
