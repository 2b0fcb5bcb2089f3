// The form of mcp.json, which is that of every client's configuration, with members of our own. Each message says what to
// write.
// Tested in test/config/mcp-json/index.test.ts.
import { z } from 'zod'
import { reference } from './references.ts'

/** Letters, digits, `_` and `-`: names are in rules, metrics and the names of tools. */
export const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/
const MAX_ENTRIES = 1_000
/** Characters: what a process or a request can be given at once is bounded by the system and by servers. */
const MAX_TEXT = 32_768

const text = (help: string) => z.string(help).min(1, help).max(MAX_TEXT, `write at most ${MAX_TEXT} characters`)
const texts = (help: string) => z.record(z.string(), z.string(help).max(MAX_TEXT, `write at most ${MAX_TEXT} characters`), help)
const whole = (min: number, max: number, help = `write a whole number from ${min} to ${max}`) =>
  z.int(help).min(min, help).max(max, help)

const PATTERN = 'write names of tools as the server has them, "*" for any text, such as "read_*"'
const pattern = z.string(PATTERN).regex(/^[^!]/, `${PATTERN}; what begins with "!" belongs in "deny", without it`).max(200, PATTERN)
const LIST = 'write a list of names of tools, such as ["read_*"]'
const patterns = z.array(pattern, LIST).max(MAX_ENTRIES, `list at most ${MAX_ENTRIES}`)

const ANNOTATIONS = 'write names of tools with their annotations, such as { "read_*": { "readOnlyHint": true } }'
const hint = z.boolean('write true or false').optional()
const annotations = z.strictObject({
  title: z.string('write a title as text').min(1).max(200).optional(),
  readOnlyHint: hint,
  destructiveHint: hint,
  idempotentHint: hint,
  openWorldHint: hint
}, ANNOTATIONS)

const SCOPES = 'write names of tools with the scopes they need, such as { "read_*": ["mcp:read"] }'
const scopes = z
  .array(z.enum(['mcp:read', 'mcp:write'], 'write "mcp:read" or "mcp:write"'), SCOPES)
  .min(1, 'write ["mcp:read"], ["mcp:write"] or both')
  .max(2, 'write each scope once')

const TYPES = ['stdio', 'http', 'streamable-http', 'streamableHttp', 'sse'] as const

/** One server. `${NAME}` and `${NAME:-default}` are replaced afterwards, in texts. */
export const entry = z
  .strictObject({
    type: z.enum(TYPES, 'leave it out, or write "stdio" beside a command, "http" or "sse" beside a url')
      .describe('As clients write it. It may be left out.').optional(),
    disabled: z.boolean('write true or false').describe('Leaves this server out.').optional(),

    command: text('write the program to start, such as "npx"').describe('The program to start. No shell reads it.').optional(),
    args: z
      .array(z.string('write each argument as text, in quotation marks').max(MAX_TEXT), 'write a list of arguments, such as ["-y", "some-server"]')
      .max(MAX_ENTRIES, `list at most ${MAX_ENTRIES}`)
      .describe('Its arguments.').optional(),
    env: texts(`write names with their values as text, such as { "API_KEY": "${reference('API_KEY')}" }`)
      .describe('Its environment. Besides, it gets PATH and HOME.').optional(),
    cwd: text('write the path of a folder').describe('The folder it runs in. The folder of this server if absent.').optional(),
    process: z.enum(['shared', 'per-user'], 'write "shared" or "per-user"')
      .describe('One process for everybody (the default), or one for each person.').optional(),
    idleSeconds: whole(1, 86_400)
      .describe('Seconds without a request after which a process ends. 300 if absent.').optional(),

    url: text('write the address of the server, such as "https://crm.example.com/mcp"')
      .describe('The address of a server that runs already.').optional(),
    headers: texts(`write names with their values as text, such as { "authorization": "Bearer ${reference('CRM_TOKEN')}" }`)
      .describe('Headers of every request to it.').optional(),
    identity: z.enum(['none', 'headers', 'token'], 'write "none", "headers" or "token"')
      .describe('How it learns who calls: not at all (the default), by X-Forwarded-* headers, or by a signed token.').optional(),

    prefix: z.string('write a text such as "crm_"')
      .regex(/^[A-Za-z0-9_-]{0,32}$/, 'write up to 32 letters, digits, _ and -, such as "crm_"')
      .describe('What the names of its tools and prompts begin with here. The name of the server and _ if absent; "" only for a single server.')
      .optional(),
    allow: patterns.describe('Which of its tools are offered, by its own names; all if absent. "*" stands for any text.').optional(),
    deny: patterns.describe('Which of its tools are not offered, by its own names.').optional(),
    annotations: z.record(pattern, annotations, ANNOTATIONS)
      .describe('Annotations that it leaves out or gives wrongly, by the names of its tools. The last that fits counts.').optional(),
    scopes: z.record(pattern, scopes, SCOPES)
      .describe('Scopes that its tools need: mcp:read for what only reads and mcp:write for all else, if absent.').optional(),
    timeoutMs: whole(1, 600_000).describe('Milliseconds that a request may take. 25000 if absent.').optional()
  }, 'write a server, such as { "command": "npx", "args": ["-y", "some-server"] } or { "url": "https://…" }')

/** Members of annotations. */
export const HINTS: readonly string[] = Object.keys(annotations.shape)

export type Entry = z.infer<typeof entry>

const SERVERS = 'write names with servers, such as { "files": { "command": "npx", "args": ["-y", "some-server"] } }'

const fileOf = <Schema extends z.ZodType>(server: Schema) =>
  z
    .strictObject({
      $schema: z.string().optional(),
      mcpServers: z.record(z.string().regex(NAME), server, SERVERS).describe('Each server under its name.').optional(),
      servers: z.record(z.string().regex(NAME), server, SERVERS).describe('The same, as VS Code calls it.').optional()
    }, 'write { "mcpServers": { … } }; docs/mcp-json.md has an example')
    .describe('Existing MCP servers that are offered here, to those who may use them.')

/** The file without what is in its servers, so that a mistake in one hides none in another. */
export const outline = fileOf(z.unknown())

/** Published as mcp.schema.json, for editors. */
export const mcpSchema = (): object => z.toJSONSchema(fileOf(entry), { io: 'input' })

/** What other programs call a member, or have besides, and what to write here. */
export const FOREIGN: Readonly<Record<string, string>> = {
  timeout: 'write "timeoutMs", in milliseconds',
  includeTools: 'write "allow"',
  enabledTools: 'write "allow"',
  tools: 'write "allow"',
  excludeTools: 'write "deny"',
  disabledTools: 'write "deny"',
  alwaysAllow: 'remove it; whoever uses the tools decides that in their own client',
  autoApprove: 'remove it; whoever uses the tools decides that in their own client',
  enabled: 'write "disabled"',
  transport: 'write "type", or leave it out',
  serverUrl: 'write "url"',
  httpUrl: 'write "url"',
  envFile: `write the values in .env, and "env": { "NAME": "${reference('NAME')}" }`,
  inputs: `remove it, write the values in .env, and ${reference('NAME')} for ${reference('input:NAME')}`
}
