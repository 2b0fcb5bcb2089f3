// The sign-in page: which ways it shows to this person, in which order, and why the last try failed.
// Tested in test/routes/login/index.test.ts.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AuthBackend } from '../../auth-backends/contract.ts'
import type { Config } from '../../config/index.ts'
import type { PageData } from '../../plugins/pages/page-data.ts'
import { describeInvited } from '../../plugins/administration/invited.ts'
import { asFields } from '../../plugins/second-factors/shown.ts'
import { canAddSignInMethod } from '../../plugins/sign-in/admission.ts'
import { asksForMail } from '../../plugins/sign-in/complete.ts'
import type { Failure, Interaction } from '../../plugins/sign-in/contract.ts'
import { describeIntent } from '../../plugins/sign-in/intent.ts'
import { arrange, PASSKEY, wayId, waysOf, type Way } from '../../plugins/sign-in/ways.ts'

type ShownWay = PageData['login']['ways'][number]

/** What the page is shown for. */
export interface Showing {
  handle: string
  /** Id of the way whose form is asked for. */
  chosen?: string | undefined
  /** Of the try that was just made; what is stored with the sign-in otherwise. */
  failure?: Failure
  /** The form that failed, with what was typed into its first field. */
  typed?: { kind: 'password' | 'code'; identifier: string | undefined } | undefined
}

export async function showLogin (
  app: FastifyInstance,
  signup: Config['signup'],
  request: FastifyRequest,
  reply: FastifyReply,
  { handle, chosen, failure: given, typed }: Showing
): Promise<FastifyReply> {
  const interaction = await app.signIn.interactions.find(request, handle)
  const { purpose, offers } = await purposeOf(app, interaction)
  const failure = given ?? interaction.failure
  const failed = failure && typed && wayId(typed.kind, failure.backend)
  const backends = [...app.signIn.backends].filter(([id, backend]) => offers(id, backend))
  const last = app.signIn.lastWay(request)
  const places = arrange(waysOf(backends), { failed, chosen, last })
  const said = failure && request.words.say(failure.message)
  const toShown = (way: Way): ShownWay => describeWay(app, request, way, {
    handle,
    signUp: purpose === undefined && signup === 'open' && app.signIn.backends.get(way.backend)?.signUp !== undefined,
    failed: way.id === failed ? { error: said!, ...(typed?.identifier && { identifier: typed.identifier }) } : {}
  })
  const { buttons, form, others, oneClick } = places
  const ways = [
    ...buttons.map(toShown),
    ...(form ? [toShown(form)] : []),
    ...others.map((way) => describeOther(app, request, way, handle, form)),
    ...(await describePasskey(app, request, interaction, purpose !== 'link' && backends.some(([, { accounts }]) => accounts))),
    ...oneClick.map(toShown)
  ]
  const invited = await describeInvited(app, interaction.invite)
  if (failure?.retryAfter !== undefined) reply.header('retry-after', String(failure.retryAfter))
  const page: PageData['login'] = {
    interaction: handle,
    ...describeIntent(interaction.intent),
    ...(purpose === 'proof' && { proving: true }),
    ...(purpose === 'link' && { adding: true }),
    ...(invited && { invited }),
    ways: lastFirst(ways, places.first),
    ...(said !== undefined && (failed === undefined || form?.id !== failed) && { error: said }),
    actions: { login: app.paths.login, passkey: app.paths.loginPasskey }
  }
  return reply.page('login', page, failure?.statusCode ?? 200)
}

/** Where there is one way only, it needs no mark. */
function lastFirst (ways: ShownWay[], first: string | undefined): ShownWay[] {
  const last = ways.find(({ id }) => id === first)
  return last && ways.length > 1 ? [{ ...last, isLast: true }, ...ways.filter((way) => way !== last)] : ways
}

interface Details {
  handle: string
  signUp: boolean
  failed: { error?: string; identifier?: string }
}

function describeWay (app: FastifyInstance, { words }: FastifyRequest, way: Way, { handle, signUp, failed }: Details): ShownWay {
  const { id, backend } = way
  if (way.kind === 'redirect') {
    const { id: provider, label, ...mark } = way.provider
    return { kind: 'redirect', id, backend, provider, ...mark, label: words.say(label) }
  }
  const label = words.say(way.label)
  if (way.kind === 'one click') return { kind: 'one click', id, backend, label }
  const { paths } = app
  const isLocal = way.kind === 'password' && app.signIn.backends.get(backend)?.accounts !== undefined
  return {
    kind: way.kind,
    id,
    backend,
    title: words.say(way.title),
    label,
    isMail: way.kind === 'code' || asksForMail(way.label),
    ...failed,
    ...(isLocal && { forgot: paths.forgotPassword }),
    ...(signUp && { signUp: `${paths.signup}?interaction=${handle}&backend=${encodeURIComponent(backend)}` })
  }
}

/** A passkey names the person by itself; it is no sign-in method to add. */
async function describePasskey (
  { signIn, secondFactors }: FastifyInstance,
  { words }: FastifyRequest,
  { browser }: Interaction,
  /** Whether it could be of one of the accounts that this page is for. */
  isFor: boolean
): Promise<ShownWay[]> {
  if (!isFor || !signIn.passkeys.isOffered()) return []
  return [{ kind: 'passkey', id: PASSKEY, label: words.text('sign-in.passkey'), ...asFields(await secondFactors.askForPasskey(browser)) }]
}

/** A form that is on the page by itself, behind a link. */
function describeOther (
  { signInPages }: FastifyInstance,
  { words }: FastifyRequest,
  { id, backend, kind, title }: Way,
  handle: string,
  form: Way | undefined
): ShownWay {
  const instead = words.text(kind === 'code' ? 'sign-in.codeInstead' : 'sign-in.passwordInstead')
  const label = backend === form?.backend ? instead : words.text('sign-in.continueWith', { title: words.say(title) })
  return { kind: 'other', id, label, href: `${signInPages.login(handle)}&with=${encodeURIComponent(id)}` }
}

/**
 * Whom the page is for: anyone; a person who proves that an account is theirs; one who adds a
 * method to their own.
 */
async function purposeOf (
  app: FastifyInstance,
  { intent, proof }: Interaction
): Promise<{ purpose?: 'proof' | 'link'; offers(id: string, backend: AuthBackend): boolean }> {
  const userId = proof?.userId ?? (intent.kind === 'link' ? intent.userId : undefined)
  const user = userId === undefined ? undefined : await app.signIn.lifecycle.find(userId)
  if (!user) return { offers: () => true }
  const leadsTo = (id: string) => user.identities.some(({ backend }) => backend === id)
  return proof
    ? { purpose: 'proof', offers: leadsTo }
    : { purpose: 'link', offers: (id, backend) => canAddSignInMethod(user, [id, backend]) }
}
