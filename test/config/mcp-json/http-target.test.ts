// The address and the headers of an upstream: what others could read, and what would take the place of our own.
import t from 'tap'
import { reference } from '../../../config/mcp-json/references.ts'
import { problemsOfOne } from './problems.ts'

t.test('an address is https, or near, and has no password in it (MJ-02)', async (t) => {
  for (const url of ['ftp://x.example', 'x.example', '', 'https://']) t.equal((await problemsOfOne({ url })).length, 1, url)
  t.match(
    await problemsOfOne({ url: `https://ann:${reference('TOKEN')}@x.example/` }),
    [/^url: leave out the user name and the password/]
  )
  for (const host of [
    'x.example',
    '8.8.8.8',
    '100.64.0.1',
    '169.254.169.254',
    '[2001:4860::1]',
    'internal.example.com',
    'xinternal.com'
  ]) {
    t.match(await problemsOfOne({ url: `http://${host}/mcp` }), [/^url: write https/], host)
  }
  t.match(
    await problemsOfOne({ url: reference('ADDRESS') }),
    [/^url: write https/]
  )
  for (const host of [
    'localhost:9',
    '127.0.0.1',
    '[::1]',
    '10.1.2.3',
    '192.168.0.9:80',
    '172.16.0.1',
    '[fd00::1]',
    'crm',
    'crm.internal',
    'host.docker.internal',
    'nas.local',
    'a.svc.cluster.local'
  ]) {
    t.same(await problemsOfOne({ url: `http://${host}/mcp` }), [], host)
  }
})

t.test('headers that this server writes itself are refused, and what would be another header (MJ-01, MJ-03)', async (t) => {
  for (const name of [
    'Host',
    'connection',
    'Content-Length',
    'content-type',
    'Accept',
    'accept-encoding',
    'Mcp-Session-Id',
    'Transfer-Encoding',
    'proxy-authorization',
    'last-event-id'
  ]) {
    t.match(await problemsOfOne({ url: 'https://x.example', headers: { [name]: 'x' } }), [/^headers\.\S+: remove it; this server writes it/], name)
  }
  for (const [headers, problem, identity = 'none'] of [
    [
      { 'x y': 'a' },
      /^headers\.x y: this is not the name of a header/
    ],
    [
      { 'x-a': reference('WITH_BREAK') },
      /^headers\.x-a: the value has characters/
    ],
    [
      { 'x-a': ' b' },
      /^headers\.x-a: the value has characters .* blanks/
    ],
    [
      { 'X-A': 'a', 'x-a': 'b' },
      /^headers\.x-a: this header is there twice/
    ],
    [
      { 'x-a': 5 },
      /^headers\.x-a: write names with their values as text/
    ],
    [
      { authorization: 'Bearer x' },
      /^headers\.authorization: remove it; with "identity": "token"/,
      'token'
    ],
    [
      { 'X-Forwarded-Email': 'a' },
      /^headers\.X-Forwarded-Email: remove it; with "identity": "headers"/,
      'headers'
    ]
  ] as Array<[object, RegExp, string?]>) {
    t.match(await problemsOfOne({ url: 'https://x.example', headers, identity }), [problem], JSON.stringify(headers))
  }
})
