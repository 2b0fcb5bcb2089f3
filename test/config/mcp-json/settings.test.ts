// What is wrong in mcp.json: every sentence, and that it never has a value of the environment in it.
import t from 'tap'
import { reference } from '../../../config/mcp-json/references.ts'
import { problemsOf, problemsOfOne } from './problems.ts'

t.test('a server is a command or an address, with the members of that one', async (t) => {
  for (const [server, ...problems] of [
    [
      {},
      /^write "command", or "url"/
    ],
    [
      { command: 'x', url: 'https://x.example' },
      /^url: write "command" or "url", not both/
    ],
    [{ url: 'https://x.example', args: [], env: {}, cwd: '.', process: 'shared', idleSeconds: 1 }, ...['args', 'env', 'cwd', 'process', 'idleSeconds'].map((name) => new RegExp(`^${name}: it is for a command`))],
    [
      { command: 'x', headers: {} },
      /^headers: it is for a server with a url/
    ],
    [
      { command: 'x', type: 'sse' },
      /^type: a command has the type "stdio"/
    ],
    [
      { url: 'https://x.example', type: 'stdio' },
      /^type: a server with a url has the type "http"/
    ],
    [
      { command: 'npx -y server' },
      /^command: no shell reads it/
    ],
    [
      { command: '  ' },
      /^command: it is empty/
    ],
    [
      { command: 'x', cwd: reference('FOLDER') },
      /^cwd: there is no such folder/
    ],
    [
      { command: 'x', args: [reference('NUL')] },
      /^args: there is a NUL character/
    ],
    [
      { command: 'x', env: { 'A B': 'x' } },
      /^env\.A B: this is not the name of a variable/
    ],
    [
      { command: 'x', env: { A: 5 } },
      /^env\.A: write names with their values as text/
    ],
    [
      { command: 'x', args: '-y' },
      /^args: write a list of arguments/
    ],
    [
      { command: 'x', args: [5] },
      /^args\.0: write each argument as text/
    ],
    [
      5,
      /^write a server, such as/
    ]
  ] as Array<[unknown, ...RegExp[]]>) {
    const found = await problemsOfOne(server)
    t.match(found, problems, JSON.stringify(server))
    t.equal(found.length, problems.length)
  }
})

t.test('other members are named with the right one, and bounds with what to write', async (t) => {
  for (const [member, problem] of [
    [
      { comand: 'x' },
      /^comand: there is no such member; write "command"/
    ],
    [
      { idlesecs: 1 },
      /^idlesecs: there is no such member; write "idleSeconds"/
    ],
    [
      { xyz: 1 },
      /^xyz: there is no such member; there are type, disabled, command, args/
    ],
    [
      { timeout: 5 },
      /^timeout: write "timeoutMs", in milliseconds/
    ],
    [
      { autoApprove: [] },
      /^autoApprove: remove it/
    ],
    [
      { timeoutMs: 600_001 },
      /^timeoutMs: write a whole number from 1 to 600000/
    ],
    [
      { idleSeconds: 0 },
      /^idleSeconds: write a whole number from 1 to 86400/
    ],
    [
      { prefix: 'crm.' },
      /^prefix: write up to 32 letters/
    ],
    [
      { allow: ['!x'] },
      /^allow\.0: .* belongs in "deny"/
    ],
    [
      { allow: 'x' },
      /^allow: write a list of names of tools/
    ],
    [
      { annotations: { a: { readOnly: true } } },
      /^annotations\.a\.readOnly: there is no such member; write "readOnlyHint"/
    ],
    [
      { annotations: { '!a': {} } },
      /^annotations\.!a: write names of tools/
    ],
    [
      { scopes: { a: ['mcp:admin'] } },
      /^scopes\.a\.0: write "mcp:read" or "mcp:write"/
    ],
    [
      { scopes: { a: [] } },
      /^scopes\.a: write \["mcp:read"\]/
    ],
    [
      { process: 'each' },
      /^process: write "shared" or "per-user"/
    ]
  ] as Array<[object, RegExp]>) {
    t.match(await problemsOfOne({ command: 'x', ...member }), [problem], JSON.stringify(member))
  }
})

t.test('without sign-in nobody can be told, or have a process of their own (MJ-04)', async (t) => {
  for (const identity of [
    'headers',
    'token'
  ]) {
    t.match(await problemsOfOne({ url: 'https://x.example', identity }, false), [/^identity: with AUTH_BACKEND=none nobody knows who calls/])
    t.match(await problemsOfOne({ command: 'x', identity }), [/^identity: a command learns who calls by "process": "per-user"/])
  }
  t.match(
    await problemsOfOne({ command: 'x', process: 'per-user' }, false),
    [/^process: with AUTH_BACKEND=none/]
  )
})

t.test('names are those of one server each, and no prefix begins with another (MJ-05)', async (t) => {
  t.match(await problemsOf('{"mcpServers": {"My Server": {"command": "x"}, "@a/b.c": {"command": "x"}, "__proto__": {"command": "x"}, "": {"command": "x"}}}'), [
    /upstream "My Server": a name has 1 to 64 letters, digits, _ and -; write "My-Server"/,
    /write "a-b-c"/,
    /write "proto__"/,
    /write "files"/
  ])
  t.match(
    await problemsOf('{"mcpServers": {"a": {"command": "x"}},\n"servers": {"a": {"command": "y", "prefix": "b"}}}'),
    [/^FILE line 2: upstream "a": this name is there twice/]
  )
  t.match(await problemsOf('{"mcpServers": {"a": {"command": "x"},\n"b": {"command": "x", "prefix": "a_b_"}}}'), [
    /^FILE line 2: upstream "b", prefix: "a_b_" and "a_" of "a" begin alike; write another/
  ])
  t.match(await problemsOf('{"mcpServers": {"a": {"command": "x"},\n"b": {"command": "x", "prefix": ""}}}'), [
    /^FILE line 2: upstream "b", prefix: only a single server may go without/
  ])
  t.match(await problemsOf('{"mcpServers": {"a": {"command": "x", "prefix": ""},\n"b": {"command": "x"}}}'), [
    /^FILE line 1: upstream "a", prefix: only a single server may go without/
  ])
  t.same(await problemsOf('{"mcpServers": {"a": {"command": "x", "disabled": true}, "b": {"command": "x", "prefix": ""}}}'), [])
})

t.test('what is wrong with the file itself is named by its line', async (t) => {
  t.match(
    await problemsOf('{"mcpServer": {}}'),
    [/^FILE line 1: mcpServer: there is no such member; write "mcpServers"/]
  )
  t.match(
    await problemsOf('{"mcpServers": []}'),
    [/^FILE line 1: mcpServers: write names with servers/]
  )
  t.match(
    await problemsOf('[]'),
    [/^FILE line 1: the file: write \{ "mcpServers"/]
  )
  t.match(
    await problemsOf('{"mcpServers": {\n// mine\n}}'),
    [/^FILE line 2: JSON has no comments/]
  )
  t.match(
    await problemsOf('{"inputs": []}'),
    [/^FILE line 1: inputs: remove it/]
  )
  const many = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`s${index}x`, { command: 'x' }]))
  t.match(
    await problemsOf(JSON.stringify({ mcpServers: many })),
    [/there are more than 100 servers/]
  )
})
