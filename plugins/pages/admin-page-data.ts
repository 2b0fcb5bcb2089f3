// What the pages of owners show: each has the frame, with the rooms that there are. Tested in
// test/plugins/pages/index.test.ts.

/** What all of them have. */
export interface AdminFrame {
  /** The rooms, in order; one of them is where the owner is. */
  rooms: Array<{ label: string; href: string; isHere: boolean }>
  /** Where to set up a second factor; absent for an owner who has one. */
  setUpFactor?: string
  /** For the forms of the page. */
  token: string
  /** What has just been done. */
  notice?: string
}

/**
 * Which part of a long list is shown; from 1. The addresses of the neighbouring parts, where
 * there are any.
 */
export interface Pager {
  page: number
  previous?: string
  next?: string
}

export interface AdminPageData {
  /** Where `/admin` leads. */
  'admin/index': AdminFrame & { counts: Array<{ label: string; value: string; href: string }> }
}
