// What is done with a person's account: lock, sign out, reset, delete, and the groups they are put in.
// Tested in test/routes/admin/person.test.ts and test/plugins/administration/people.test.ts.
import type { FastifyInstance } from 'fastify'
import { invalidRequest } from '../../errors.ts'
import { english } from '../../languages/index.ts'
import { membershipsOf } from '../accounts/groups.ts'
import { sendResetLink } from '../accounts/messages.ts'
import { findOwnAccount } from '../accounts/own-account.ts'
import { sendFactorsRemovedBy } from '../second-factors/mails.ts'
import type { User } from '../sign-in/contract.ts'
import { audited, needPerson } from './audited.ts'
import type { Actor, PeopleActions } from './contract.ts'
import { checkGroup } from './group-name.ts'
import type { Owners } from './owners.ts'

const MAX_GROUPS = 500

export function createPeopleActions (app: FastifyInstance, owners: Owners): PeopleActions {
  const { lifecycle } = app.signIn

  return {
    async lock (actor, userId) {
      const user = await needPerson(app, userId)
      await owners.protecting(actor, user, () => lifecycle.lock(userId))
      audited(app, actor, 'lock', { user: userId })
      return { ...user, locked: true }
    },
    async unlock (actor, userId) {
      const { locked: _, ...user } = await needPerson(app, userId)
      await lifecycle.unlock(userId)
      audited(app, actor, 'unlock', { user: userId })
      return user
    },
    async signOutEverywhere (actor, userId) {
      const user = await needPerson(app, userId)
      await lifecycle.signOutEverywhere(userId)
      audited(app, actor, 'sign_out_everywhere', { user: userId, backend: user.backend })
      return user
    },
    async delete (actor, userId) {
      const user = await needPerson(app, userId)
      await owners.protecting(actor, user, () => lifecycle.delete(userId))
      // Without the person: what was theirs is gone.
      audited(app, actor, 'account_deleted', { backend: user.backend })
      return user
    },
    ...createGroupActions(app),
    async removeFactors (actor, userId) {
      const user = await needPerson(app, userId)
      // Before, so that none is added meanwhile, and after: whoever came in by one of them is out (threat AC-32).
      await lifecycle.signOutEverywhere(userId)
      await app.secondFactors.removeAll(userId)
      await lifecycle.signOutEverywhere(userId)
      sendFactorsRemovedBy(app, actor.request?.words ?? english, user)
      audited(app, actor, 'factor_removed', { user: userId, reason: 'all' })
      return user
    },
    async issueResetLink (actor, address) {
      const link = await app.accounts.issueResetLink(address)
      if (link !== undefined) audited(app, actor, 'account_changed', { account: app.audit.hash(address), reason: 'reset link' })
      return link
    },
    resetPassword: (actor, userId) => resetPassword(app, actor, userId)
  }
}

function createGroupActions (app: FastifyInstance): Pick<PeopleActions, 'addToGroup' | 'removeFromGroup'> {
  const { lifecycle, backends } = app.signIn
  async function change (actor: Actor, user: User, decide: (groups: readonly string[]) => string[], reason: string): Promise<User> {
    await lifecycle.changeGroups(user.id, decide)
    audited(app, actor, 'account_changed', { user: user.id, reason })
    return { ...user, groups: decide(user.groups ?? []) }
  }
  return {
    async addToGroup (actor, userId, group) {
      const user = await needPerson(app, userId)
      checkGroup(group)
      if ((user.groups ?? []).length >= MAX_GROUPS) throw invalidRequest({ key: 'admin-people.tooManyGroups', values: { count: MAX_GROUPS } })
      return change(actor, user, (groups) => [...new Set([...groups, group])], 'group added')
    },
    async removeFromGroup (actor, userId, group) {
      const user = await needPerson(app, userId)
      if (user.groups?.includes(group)) {
        return change(actor, user, (groups) => groups.filter((one) => one !== group), 'group removed')
      }
      const { backend } = membershipsOf(user, backends).find((one) => one.group === group) ?? {}
      throw invalidRequest(
        backend === undefined
          ? { key: 'admin-people.notInGroup', values: { group } }
          : { key: 'admin-people.groupOfBackend', values: { group, backend } }
      )
    }
  }
}

async function resetPassword (app: FastifyInstance, actor: Actor, userId: string): Promise<{ sentTo: string } | { link: string }> {
  const user = await needPerson(app, userId)
  const own = await findOwnAccount(app.signIn.backends, user)
  if (!own) throw invalidRequest({ key: 'admin-people.noPassword' })
  const { backend, account } = own
  const result = app.mail.isOn
    ? { sentTo: account.email }
    : { link: app.accounts.urls.reset(await app.accountLinks.issue({ purpose: 'reset', backend, account, by: 'operator', owner: actor.by })) }
  const { accounts } = app.signIn.backends.get(backend)!
  if (app.mail.isOn) await sendResetLink(app, actor.request?.words ?? english, app.accounts.urls, backend, accounts!, account.email)
  audited(app, actor, 'account_changed', { user: userId, backend, reason: 'reset link' })
  return result
}
