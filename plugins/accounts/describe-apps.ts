// What pages say of the connected apps and access keys after a change of the account. Tested in
// test/routes/account/password.test.ts and test/plugins/accounts/reset-password.test.ts.
import type { Words } from '../../languages/index.ts'
import type { KeysAfter } from './end-keys.ts'

/**
 * @param areEnded whether the change disconnected the apps, as the person chose.
 * @param keys what became of the keys; undefined where there are none.
 */
export const describeAppsAfter = ({ text }: Words, areEnded: boolean, keys: KeysAfter | undefined): string =>
  text('sign-up.afterwards', { apps: areEnded ? 'ended' : 'kept', keys: keys ?? 'none' })
