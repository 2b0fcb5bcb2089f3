// The options of the Fastify plugin are the variables: the same
// schemas, and one message in the names that the caller wrote.
import t from 'tap'
import { z } from 'zod'
import { defineTool } from '../../authoring/tool.ts'
import { loadOptions, type PluginOptions } from '../../config/options.ts'
import { variables } from '../../config/variables.ts'

const publicUrl = 'https://shop.example'
const load = async (options: PluginOptions) => loadOptions({ publicUrl, ...options })
const problems = async (options: PluginOptions): Promise<string[]> =>
  loadOptions(options).then(() => [], ({ message }: Error) => message.split('\n').slice(1, -1).map((line) => line.slice(4)))

const tool = (name: string, more = {}) =>
  defineTool({
    name,
    title: 'A tool',
    description: 'A tool of the application.',
    input: z.object({}),
    annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false },
    scopes: ['mcp:read'],
    run: async () => {},
    ...more
  })

t.test('an application gets its own data, no documents of its own, no tools but those it gives, and no demo', async (t) => {
  const config = await load({})
  t.match(config, {
    publicUrl,
    mcpUrl: `${publicUrl}/mcp`,
    resources: [`${publicUrl}/mcp`],
    paths: { home: '/mcp', login: '/mcp/login' },
    dataDir: /\/data$/,
    docsDir: undefined
  })
  t.same(config.backends.map(({ id }) => id), ['local'])
  t.same(Object.values(await config.loadOffer()).flat(), [])
  t.match(await load({ docsDir: '/srv/shop' }), { docsDir: '/srv/shop' })
})

t.test('values are text, numbers, lists, JSON and URLs, as in the environment; what is empty is unset', async (t) => {
  const clients = [{ client_id: 'app', redirect_uris: ['https://app.example/callback'] }]
  t.match(
    await load({
      publicUrl: new URL(publicUrl),
      basePath: '/auth',
      accessTokenTtl: 60,
      corsOrigins: ['https://a.example', 'https://b.example'],
      clients,
      rateLimits: 'off',
      signup: undefined,
      allowedEmails: []
    }),
    {
      publicUrl,
      paths: { home: '/mcp', login: '/auth/login' },
      accessTokenTtl: 60,
      corsOrigins: ['https://a.example', 'https://b.example'],
      clients,
      rateLimits: null,
      signup: 'closed',
      allowedEmails: []
    }
  )
})

t.test('every variable is an option by its name in camel case, or belongs to the application (WB-18)', async (t) => {
  const camel = (name: string) => name.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())
  const refused = []
  for (const name of Object.keys(variables.shape)) {
    const [problem = ''] = (await problems({ publicUrl, [camel(name)]: '\u0000' })).filter((line) => line.startsWith(`${camel(name)}:`))
    if (/application|set (?:publicUrl|authBackends)$/.test(problem)) refused.push(camel(name))
    t.notMatch(problem, /nothing here reads it/, name)
  }
  t.same(refused.sort(), [
    'clientIpHeader', 'flyAppName', 'headersTimeout', 'host', 'logFormat', 'nodeEnv', 'port', 'requestTimeout', 'shutdownDelay', 'trustProxy'
  ])
})

t.test('one message names every wrong option as it was written, and what to write instead (WB-18)', async (t) => {
  t.same(
    await problems({
      mcpPath: 'mcp',
      redisUrl: 'redis://localhost',
      smtpUrl: 'smtp://localhost',
      bodyLimit: 1.5,
      authBackends: ['oidc', 'ldap'],
      trustProxy: true,
      publicURL: 'x',
      colour: 'red'
    }),
    [
      'trustProxy: set it where the application is created: fastify({ trustProxy })',
      'publicUrl: write the origin at which people reach the application, for example https://app.example.com',
      'mcpPath: write a path such as /mcp, of letters, digits, - _ . and ~, without a slash at its end',
      'bodyLimit: write a whole number from 1024 to 67108864',
      'oidcIssuer: write the issuer of your provider, for example https://accounts.google.com (docs/openid-providers.md has it for each) (authBackends oidc needs it)',
      'oidcClientId: write the client id that the provider gave this server (authBackends oidc needs it)',
      'authBackends: there is no backend named "ldap"; write none, demo, github, local, oidc, supabase, or a path such as ./my-backend.ts',
      'secretKey: required with redisUrl, so that every instance shares it; write the output of: openssl rand -base64 32',
      'mailFrom: required with smtpUrl; write the sender, for example My server <mcp@example.com>',
      'publicURL: nothing here reads it; correct its name, or add the backend or tool that does',
      'colour: nothing here reads it; correct its name, or add the backend or tool that does'
    ]
  )
})

t.test('tools are definitions and folders, checked alike; their variables are options', async (t) => {
  const withVariable = tool('priced', { run: undefined, env: z.object({ PRICE_LIST: z.string('name a price list') }), open: () => undefined })
  t.same(
    (await problems({ publicUrl, tools: [withVariable] })),
    ['priceList: name a price list (the tool priced reads it)']
  )
  t.same(await problems({ publicUrl, tools: [withVariable], priceList: 'retail' }), [])
  const offer = await (await load({ tools: [tool('mine'), new URL('../fixtures/nothing/', import.meta.url)], builtinTools: ['calculate'] })).loadOffer()
  t.same(offer.tools.map(({ name }) => name), ['calculate', 'mine'])
  t.ok(offer.prompts.length > 0, 'what comes with the built-in tools')
  await t.rejects(load({ tools: [tool('mine'), tool('mine'), { ...tool('x'), title: '' }] }), {
    message: 'These files cannot be served:\n  - tools[1]: the name "mine" is taken by tools[0]\n  - tools[2]: title must not be empty'
  })
})

t.test('a backend of the application has an id, which is stored with its users', async (t) => {
  const staff = { env: z.object({ STAFF_URL: z.string('write the address of the directory') }), open: () => ({ title: 'Staff' }) }
  const config = await load({ authBackends: ['local', { id: 'staff', ...staff }], staffUrl: 'https://staff.example' })
  t.same(config.backends.map(({ id }) => id), ['local', 'staff'])
  t.same(await config.backends[1]!.open({} as never), { title: 'Staff' })
  t.same(await problems({ publicUrl, authBackends: [{ id: 'staff', ...staff }] }), [
    'staffUrl: write the address of the directory (authBackends staff needs it)'
  ])
  const wrong = [staff, { id: 'My Staff', ...staff }, { id: 'a' }, { id: 'b', ...staff }, { id: 'b', ...staff }] as never
  const found = (await problems({ publicUrl, authBackends: wrong })).filter((line) => line.startsWith('authBackends['))
  t.match(
    found,
    [/^authBackends\[0\]: a module needs an id/, /\[1\]: a module needs an id/, /\[2\]: is not a backend/, /\[4\]: there are two/]
  )
})
