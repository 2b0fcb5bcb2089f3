// Builds the parts of the room in order: cookies, interactions, people, sessions, and the completion of a sign-in.
import type { FastifyInstance } from 'fastify'
import type { AuthBackend } from '../../auth-backends/contract.ts'
import type { Config } from '../../config/index.ts'
import { createAccountExpiry } from '../accounts/expiry.ts'
import { createFindHeld } from '../accounts/held-address.ts'
import { createInTurn } from '../accounts/in-turn.ts'
import { createInvitations } from '../accounts/invitations.ts'
import { createAccountLifecycle } from '../accounts/lifecycle.ts'
import { organizationBackends } from '../accounts/organizations.ts'
import { createStillGives } from '../accounts/owners.ts'
import { createUsers } from '../accounts/users.ts'
import { createUnusedPlaces, type UnusedList } from '../oauth/clients/unused-places.ts'
import type { Grants } from '../oauth/grants/index.ts'
import type { Collection } from '../storage/contract.ts'
import { createUpstreamSessions, referenceOfBrowser, referenceOfGrant } from '../upstream-sessions/index.ts'
import type { BackendSession } from '../upstream-sessions/refresh.ts'
import { createAdmissions } from './admission.ts'
import { createCompletion } from './complete.ts'
import type { BrowserSession } from './contract.ts'
import { createCookies, SESSION_LIFETIME_SECONDS } from './cookies.ts'
import { createEntry } from './entry.ts'
import { createFactorStep } from './factor-step.ts'
import { createHandles } from './handles.ts'
import { createInteractions } from './interactions.ts'
import type { SignInPages } from './next.ts'
import { createOrganizationAdmission } from './organization-people.ts'
import { createPasskeySignIn } from './passkey-sign-in.ts'
import { createBrowserSessions, MAX_SESSIONS_PER_PERSON } from './sessions.ts'

type Settings =
  | 'publicUrl'
  | 'mcpUrl'
  | 'backends'
  | 'idJagIssuers'
  | 'allowedEmails'
  | 'newcomersNeedInvitation'
  | 'ownerEmails'
  | 'signup'
export type Options = Pick<Config, Settings> & { signInPages: SignInPages }

export type Parts = ReturnType<typeof createParts>

/** The people and their sessions; each part uses those before it. */
export function createParts (
  app: FastifyInstance,
  { publicUrl, allowedEmails, newcomersNeedInvitation, ownerEmails, signup, idJagIssuers }: Options,
  backends: Map<string, AuthBackend>
) {
  const { now, settled } = app
  const policy = { allowedEmails, newcomersNeedInvitation, now }
  const cookies = createCookies(publicUrl.startsWith('https:'))
  const interactions = createInteractions(app, createHandles(app), cookies)
  const expiry = createAccountExpiry(app.storage, now, (id) => backends.get(id)?.oneClick?.lifetimeSeconds, settled)
  const users = createUsers(app, expiry, endLeft(app))
  const organizations = organizationBackends({ idJagIssuers })
  const lifecycle = createAccountLifecycle({
    users,
    expiry,
    grants: app.grants,
    accessKeys: app.accessKeys,
    removing: createInTurn(app.storage.collection('methodRemoval')),
    backends,
    organizations,
    ...policy
  })
  const invitations = createInvitations(app.storage, now, createStillGives(users.find, now, { ownerEmails, allowedEmails }), settled)

  const store = app.storage.collection<BrowserSession>('browserSession')
  const upstream = createUpstreamSessions({
    store: app.storage.collection<BackendSession>('backendSession'),
    backends,
    sealing: app.sealing,
    now,
    settled,
    log: app.log,
    onRenewed: users.noteGroups,
    onEnd: (references) => endReferences(app.grants, store, references)
  })
  app.grants.onEnd(async ({ id, backendSession }) => {
    if (backendSession) await upstream.release(backendSession, referenceOfGrant(id))
  })

  const lists = app.storage.collection<UnusedList>('browserSessionList')
  const places = createUnusedPlaces(lists, app.sealing, now, SESSION_LIFETIME_SECONDS, { lists: 1, perList: MAX_SESSIONS_PER_PERSON })
  const sessions = createBrowserSessions({ app, store, cookies, users, backends, allowedEmails, upstream, interactions, places })
  const findHeld = createFindHeld({ users, secondFactors: app.secondFactors })
  const admissions = createAdmissions({
    ...policy,
    ownerEmails,
    signup,
    users,
    lifecycle,
    invitations,
    backends,
    organizations,
    findHeld
  })
  const admitByOrganization = createOrganizationAdmission({ ...policy, users })
  const entry = createEntry({ app, backends, lifecycle, cookies, admissions, upstream, interactions, sessions })
  const factorStep = createFactorStep({ app, entry, interactions, upstream })
  const passkeys = createPasskeySignIn({ app, backends, users, lifecycle, interactions, entry })
  const completion = createCompletion({ app, now, backends, admissions, upstream, interactions, sessions, entry })
  const people = { users, lifecycle, invitations, admissions, admitByOrganization, findHeld }
  return { ...people, cookies, interactions, upstream, sessions, factorStep, passkeys, completion }
}

/** What came by a backend, and was not ended with it. */
const endLeft = ({ grants, accessKeys }: FastifyInstance) => async (userId: string, backend: string): Promise<void> => {
  await grants.revokeAllOf(userId, (grant) => grant.backend === backend)
  await accessKeys.revokeAllOf(userId, (key) => key.backend === backend)
}

/**
 * The service has ended the session: the browser is signed out, and the apps connected in it
 * are disconnected.
 */
async function endReferences (
  grants: Grants,
  browsers: Collection<BrowserSession>,
  references: string[]
): Promise<void> {
  const startingWith = (prefix: string) =>
    references.filter((reference) => reference.startsWith(prefix)).map((reference) => reference.slice(prefix.length))
  for (const id of startingWith(referenceOfBrowser(''))) await browsers.delete(id)
  for (const id of startingWith(referenceOfGrant(''))) await grants.revoke(id)
}
