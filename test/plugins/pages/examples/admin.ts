// Examples of the pages of owners: the frame.
import type { AdminFrame } from '../../../../plugins/pages/admin-page-data.ts'
import type { Examples } from '../page-examples.ts'

const ROOMS = ['Overview', 'People', 'Invitations', 'Connections', 'Apps', 'Access keys', 'Existing servers', 'Tools', 'Documents', 'Limits', 'Server']

/**
 * The frame as an owner with a second factor has it. @param here the label of the room that is
 * open.
 */
export const frame = (here: string): AdminFrame => ({
  rooms: ROOMS.map((label, index) => ({ label, href: `/admin/${index}`, isHere: label === here })),
  token: 'c5b'
})

export const adminPages: Examples = {
  admin: {
    view: 'admin/index',
    data: {
      ...frame('Overview'),
      notice: 'Ada Lovelace is an owner now.',
      setUpFactor: '/account/second-factors',
      counts: [{ label: 'People', value: '12', href: '/admin/people' }, { label: 'Tools', value: '34', href: '/admin/tools' }]
    }
  }
}
