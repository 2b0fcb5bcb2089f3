// What people call a type of file.
// Tested in test/plugins/library/type-names.test.ts.

const OFFICE = 'application/vnd.openxmlformats-officedocument.'
const OPEN_DOCUMENT = 'application/vnd.oasis.opendocument.'

const NAMES: Readonly<Record<string, string>> = {
  note: 'Note',
  'application/pdf': 'PDF',
  [`${OFFICE}wordprocessingml.document`]: 'Word document',
  [`${OFFICE}spreadsheetml.sheet`]: 'Excel workbook',
  [`${OFFICE}presentationml.presentation`]: 'PowerPoint presentation',
  [`${OPEN_DOCUMENT}text`]: 'OpenDocument text',
  [`${OPEN_DOCUMENT}spreadsheet`]: 'OpenDocument spreadsheet',
  [`${OPEN_DOCUMENT}presentation`]: 'OpenDocument presentation',
  'application/epub+zip': 'Book (EPUB)',
  'message/rfc822': 'E-mail',
  'application/rtf': 'Rich text',
  'text/markdown': 'Markdown',
  'text/plain': 'Text',
  'text/html': 'Web page',
  'text/x-rst': 'reStructuredText',
  'text/asciidoc': 'AsciiDoc',
  'text/org': 'Org text',
  'text/x-tex': 'TeX',
  'text/csv': 'CSV table',
  'text/tab-separated-values': 'Table, separated by tabs',
  'application/json': 'JSON',
  'application/jsonl': 'JSON, line by line',
  'application/x-ipynb+json': 'Notebook',
  'application/yaml': 'YAML',
  'application/toml': 'TOML',
  'application/xml': 'XML',
  'text/vtt': 'Subtitles',
  'application/x-subrip': 'Subtitles',
  'text/calendar': 'Calendar',
  'text/vcard': 'Contacts',
  'text/x-diff': 'Changes (diff)',
  'text/css': 'CSS',
  'text/javascript': 'JavaScript'
}

/** @param type a MIME type, or `note`. One that has no name is returned as it is. */
export const typeName = (type: string): string => NAMES[type] ?? (type.startsWith('text/x-') ? 'Source code' : type)
