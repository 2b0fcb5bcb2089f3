// Who owns the server, changed so that an owner is always left: whatever owners do to each other is done one at a time,
// by somebody who is still an owner then.
// Tested in test/plugins/administration/owners.test.ts.
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../config/index.ts'
import { accessDenied, invalidRequest, temporarilyUnavailable } from '../../errors.ts'
import { isNamedOwner, isOwner } from '../accounts/owners.ts'
import { isActive, type User } from '../sign-in/contract.ts'
import { audited, needPerson } from './audited.ts'
import { OPERATOR, type Actor, type OwnerActions } from './contract.ts'

/** Longer than one change takes; after a crash the next owner waits for it. */
const TURN_SECONDS = 30

export interface Owners {
  actions: OwnerActions
  /**
   * For what takes away a person's way in. An owner cannot do it to themselves, so that one is left.
   * @throws access_denied; temporarily_unavailable while another owner does something of the kind.
   */
  protecting<T>(actor: Actor, user: User, work: () => Promise<T>): Promise<T>
}

export function createOwnerActions (app: FastifyInstance, config: Pick<Config, 'ownerEmails'>): Owners {
  const turns = app.storage.collection<object>('ownerChange')
  const { lifecycle } = app.signIn
  const isLiving = (user: User) => isActive(user, app.now())
  const rules = {
    isOwner: (user: User) => isOwner(config, user),
    isNamedOwner: (user: User) => isNamedOwner(config, user)
  }

  /** The actor is read again: they may have lost their place a moment ago. */
  async function inTurn<T> ({ by }: Actor, work: () => Promise<T>): Promise<T> {
    if (by === OPERATOR.by) return work()
    if (!(await turns.create('owners', {}, TURN_SECONDS))) throw temporarilyUnavailable('Another owner is changing who owns this server.')
    try {
      const actor = await lifecycle.find(by)
      if (!actor || !isLiving(actor) || !rules.isOwner(actor)) throw accessDenied({ key: 'problems.notOwner' })
      return await work()
    } finally {
      await turns.delete('owners')
    }
  }

  /** A walk over everyone: only for an owner who steps back. */
  async function isLastOwner (user: User): Promise<boolean> {
    for await (const other of lifecycle.all()) {
      if (other.id !== user.id && isLiving(other) && rules.isOwner(other)) return false
    }
    return true
  }

  const actions: OwnerActions = {
    ...rules,
    async makeOwner (actor, userId) {
      const user = await needPerson(app, userId)
      if (user.endsAt !== undefined) throw invalidRequest({ key: 'admin-people.temporary' })
      if (user.locked) throw invalidRequest({ key: 'admin-people.locked' })
      if (rules.isOwner(user)) return user
      return inTurn(actor, async () => {
        await lifecycle.setOwner(userId, true)
        audited(app, actor, 'owner_added', { user: userId })
        return { ...user, isOwner: true }
      })
    },
    async unmakeOwner (actor, userId) {
      const user = await needPerson(app, userId)
      if (rules.isNamedOwner(user)) throw accessDenied({ key: 'admin-people.namedOwner' })
      if (!user.isOwner) return user
      return inTurn(actor, async () => {
        if (actor.by === userId && (await isLastOwner(user))) throw accessDenied({ key: 'admin-people.lastOwner' })
        await lifecycle.setOwner(userId, false)
        audited(app, actor, 'owner_removed', { user: userId })
        const { isOwner: _, ...left } = user
        return left
      })
    }
  }

  return {
    actions,
    async protecting (actor, user, work) {
      if (actor.by === user.id) throw accessDenied({ key: 'admin-people.yourself' })
      return rules.isOwner(user) ? inTurn(actor, work) : work()
    }
  }
}
