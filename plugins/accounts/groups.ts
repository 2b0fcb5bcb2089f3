// The groups a person is in, by what their sign-in methods say and by what
// the operator said. Those of access.json are the business of
// ../access-rules.
import type { User } from '../sign-in/contract.ts'

/**
 * What is kept of those that a service names: they are read at each
 * request, and no rules need more.
 */
const MAX_GROUPS = 500
const MAX_GROUP_CHARACTERS = 200
/** What is looked at of them: to go through a megabyte of names takes a tenth of a second. */
const MAX_READ = 5_000

/** Whether a group may be called so. */
export const isGroupName = (name: string): boolean => name.length <= MAX_GROUP_CHARACTERS && name.trim() !== ''

/** @returns each name once, without what is beyond the bounds. */
export const boundedGroups = (names: readonly string[]): string[] =>
  [...new Set(names.slice(0, MAX_READ))].filter(isGroupName).slice(0, MAX_GROUPS)

/**
 * Tells the operator, once for each backend, that names of groups are left
 * out.
 */
export function createGroupNotices (log: { warn(message: string): void }) {
  const told = new Set<string>()
  return (backend: string, names: readonly string[] = []): void => {
    const isAll = names.length <= MAX_READ && boundedGroups(names).length === new Set(names).size
    if (told.has(backend) || isAll) return
    told.add(backend)
    log.warn(
      `${backend} names more groups of a person than are kept (${MAX_GROUPS}, of ${MAX_GROUP_CHARACTERS} characters each). The others do not count: let it send those that access.json needs`
    )
  }
}

type Backends = Pick<ReadonlySet<string>, 'has'>

/**
 * A group, and who says that the person is in it: the name of a backend, or
 * the operator.
 */
export interface Membership {
  group: string
  backend?: string
}

/**
 * @returns one for each source, also of the same group. A method that is
 * not in use any more says nothing.
 */
export const membershipsOf = ({ identities, groups = [] }: User, inUse: Backends): Membership[] => [
  ...identities
    .filter(({ backend }) => inUse.has(backend))
    .flatMap(({ backend, groups = [] }) => groups.map((group) => ({ group, backend }))),
  ...groups.map((group) => ({ group }))
]

/**
 * @param inUse names of the backends that are in AUTH_BACKEND.
 * @returns each once, sorted.
 */
export const groupsOf = (user: User, inUse: Backends): string[] =>
  [...new Set(membershipsOf(user, inUse).map(({ group }) => group))].sort()
